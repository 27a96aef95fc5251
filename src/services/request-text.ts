import type { Exchange } from "../core/exchange.ts";
import { isWrittenAnew } from "../core/provenance.ts";
import { UNKNOWN_LENGTH } from "../http/head.ts";

/** Methods whose requests have a body by nature: its absence is said (RFC 9110, 8.6). */
const SAYS_EMPTY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** The head of the request to a service, written anew: nothing of the client's head goes on unless it is named here. */
export function requestText(x: Exchange, authority: string): string {
  const { request, from, forwardHeaders } = x;
  const { fields } = request.headers;
  const path = x.route.servicePath === undefined ? request.path : x.route.servicePath(x);
  let text = `${request.method} ${path}${request.query} HTTP/1.1\r\nhost: ${authority}\r\n`;
  let via = "";
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (isWrittenAnew(name)) {
      if (name === "via") via += `${fields[i + 1]}, `;
      continue;
    }
    if (name === "tracestate" && !continuesTrace(x)) continue;
    if (forwardHeaders !== undefined && isOverridden(name, forwardHeaders)) continue;
    text += name + ": " + fields[i + 1]! + "\r\n";
  }
  if (forwardHeaders !== undefined) {
    for (let i = 0; i < forwardHeaders.length; i += 2)
      text += forwardHeaders[i]! + ": " + forwardHeaders[i + 1]! + "\r\n";
  }
  if (request.bodyLength === UNKNOWN_LENGTH) text += "transfer-encoding: chunked\r\n";
  else if (request.bodyLength > 0 || SAYS_EMPTY.has(request.method))
    text += `content-length: ${request.bodyLength}\r\n`;
  const host = from.host === "" ? request.authority : from.host;
  if (host !== "") text += `x-forwarded-host: ${host}\r\n`;
  return (
    text +
    `x-forwarded-for: ${from.address}\r\nx-forwarded-proto: ${from.scheme}\r\n` +
    `x-request-id: ${x.id}\r\ntraceparent: ${x.traceparent}\r\n` +
    `via: ${via}${request.version} ${x.snapshot.name}\r\n\r\n`
  );
}

function isOverridden(name: string, forwardHeaders: readonly string[]): boolean {
  for (let i = 0; i < forwardHeaders.length; i += 2) if (forwardHeaders[i] === name) return true;
  return false;
}

/** Vendors' trace state belongs to its trace: it is not passed on with another. */
function continuesTrace(x: Exchange): boolean {
  return x.request.headers.get("traceparent")?.slice(0, 35) === x.traceparent.slice(0, 35);
}
