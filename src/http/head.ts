import type { HeaderList } from "./headers.ts";

/** `bodyLength` of a message whose length is not known before its end. */
export const UNKNOWN_LENGTH = -1;

/**
 * A request's head, strictly read. `headers` holds the end-to-end fields alone: what belongs to one connection
 * (Connection and what it names, Keep-Alive, TE, Transfer-Encoding, Upgrade, Proxy-Connection) and to framing (Content-Length,
 * Expect) or addressing (Host) is in the members here, so that it cannot be passed on by accident: heads are written anew.
 */
export interface RequestHead {
  readonly method: string;
  /** Canonical path: the one form that routing, policies, keys and forwarding use. */
  path: string;
  /**
   * The query with its `?`, byte for byte as received; empty when there is none. A bare `?` is kept. A policy may take out
   * what nobody behind it may see.
   */
  query: string;
  /** Host and port as the client named them (absolute-form target before Host), lower case; empty for HTTP/1.0 without Host. */
  readonly authority: string;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minorVersion: 0 | 1;
  readonly headers: HeaderList;
  /** Bytes of the body; 0 for none, `UNKNOWN_LENGTH` for chunked. */
  readonly bodyLength: number;
  /** The client waits for 100 Continue before it sends the body. */
  readonly expectContinue: boolean;
  /** The connection may be used for another request. */
  readonly keepAlive: boolean;
  /** The protocol of an Upgrade field that Connection names, lower case; empty when there is none. */
  readonly upgrade: string;
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
