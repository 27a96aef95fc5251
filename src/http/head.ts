import type { HeaderList } from "./headers.ts";

/** `bodyLength` of a message whose length is not known before its end. */
export const UNKNOWN_LENGTH = -1;

/** The versions of HTTP that clients speak, as `Via` names them. */
export type HttpVersion = "1.0" | "1.1" | "2";

/**
 * A request's head, strictly read, whatever version of HTTP brought it; made by `requestHead`. `headers` holds the end-to-end
 * fields alone. What belongs to one connection (Connection and what it names, Keep-Alive, TE, Transfer-Encoding, Upgrade,
 * Proxy-Connection) and Expect stay with the protocol that read them, what belongs to framing (Content-Length) or addressing
 * (Host) is in the members here, so that it cannot be passed on by accident: heads are written anew.
 */
export interface RequestHead {
  readonly method: string;
  /** Canonical path: the one form that routing, policies, keys and forwarding use. */
  path: string;
  /**
   * The query with its `?`, byte for byte as received but for a credential that was taken out; empty when there is none. A
   * bare `?` is kept.
   */
  query: string;
  /** Host and port as the client named them (absolute-form target before Host), lower case; empty for HTTP/1.0 without Host. */
  readonly authority: string;
  readonly version: HttpVersion;
  readonly headers: HeaderList;
  /** Bytes of the body; 0 for none, `UNKNOWN_LENGTH` for chunked, until a policy has read it whole. */
  bodyLength: number;
}

/** Makes every head of a request, so that all have one shape for the code that reads them. */
export function requestHead(
  method: string,
  path: string,
  query: string,
  authority: string,
  version: HttpVersion,
  headers: HeaderList,
  bodyLength: number,
): RequestHead {
  return { method, path, query, authority, version, headers, bodyLength };
}

/** A response's head; `headers` as in `RequestHead`. */
export interface ResponseHead {
  status: number;
  readonly headers: HeaderList;
  /**
   * Bytes of the body as the head declares them, `UNKNOWN_LENGTH` when chunked or delimited by the connection's end, 0
   * for none. For an answer to HEAD and for 304 it is what a GET would have had, or UNKNOWN_LENGTH, though no body follows.
   */
  bodyLength: number;
}
