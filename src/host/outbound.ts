import { isLoopback } from "../lib/loopback.ts";
import type { Outbound, OutboundRequest, OutboundResponse } from "./host.ts";

/** Why there is no answer. */
export type OutboundReason = "insecure" | "redirects" | "too_large" | "timeout" | "unreachable";

/** There is no answer within the bounds that were set. */
export class OutboundError extends Error {
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "OutboundError";
    this.reason = reason;
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Asks by Node's `fetch`, which keeps connections for the next time, within the bounds of the request. */
export const systemOutbound: Outbound = {
  async send(request) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), request.timeoutMs);
    try {
      return await ask(request, abort.signal);
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      if (abort.signal.aborted)
        throw new OutboundError("timeout", `no answer within ${request.timeoutMs} ms`, error);
      throw new OutboundError("unreachable", "no answer", error);
    } finally {
      clearTimeout(timer);
    }
  },
};

/** Reaches nobody: for what is made and never asked for anything. */
export const noOutbound: Outbound = {
  send: () => Promise.reject(new OutboundError("unreachable", "this host asks nobody")),
};

async function ask(request: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse> {
  const { method, headers = {}, body, maxRedirects = 0 } = request;
  const follows = method === "GET" && body === undefined && headers["authorization"] === undefined;
  let url = secureUrl(request.url);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    if (!REDIRECTS.has(response.status)) return await read(response, request.maxBytes);
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (!follows || redirects >= maxRedirects || location === null)
      throw new OutboundError(
        "redirects",
        `the answer is a redirect (${response.status}), which is not followed`,
      );
    url = nextAddress(location, url);
  }
}

/**
 * Keys that come over an open connection are whoever's is on the way. http to this machine is for development, and for an
 * agent beside the gateway.
 */
function secureUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  const isSecure = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && isLocal(url)));
  if (isSecure && url.username === "" && url.password === "") return url;
  throw new OutboundError("insecure", "the address is not https, nor http to a loopback address");
}

/**
 * The address that an answer from `from` says to ask next. Whoever elsewhere sends the gateway to its own machine is after what
 * only that can reach. Throws an `OutboundError`.
 */
export function nextAddress(named: string, from: URL): URL {
  const url = secureUrl(named, from);
  if (!isLocal(url) || isLocal(from)) return url;
  throw new OutboundError("insecure", "the answer names a loopback address");
}

function isLocal(url: URL): boolean {
  return isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
}

async function read(response: Response, maxBytes: number): Promise<OutboundResponse> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Counted while it comes: what the head says of its length need not be so, and what is packed may be vast.
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > maxBytes)
      throw new OutboundError(
        "too_large",
        `the answer (${response.status}) is longer than ${maxBytes} bytes`,
      );
    parts.push(part);
  }
  return { status: response.status, headers: new Map(response.headers), body: Buffer.concat(parts, length) };
}
