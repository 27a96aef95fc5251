import type { Exchange } from "../core/exchange.ts";
import { addOutgoingFields } from "../core/outgoing-fields.ts";
import { UNKNOWN_LENGTH } from "../http/head.ts";

/** Methods whose requests have a body by nature: its absence is said (RFC 9110, 8.6). */
const SAYS_EMPTY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** The head of the request to a service in HTTP/1.1, written anew: nothing of the client's head goes on as it came. */
export function requestText(x: Exchange, authority: string): string {
  const { request } = x;
  const path = x.route.servicePath === undefined ? request.path : x.route.servicePath(x);
  let text = `${request.method} ${path}${request.query} HTTP/1.1\r\nhost: ${authority}`;
  if (request.bodyLength === UNKNOWN_LENGTH) text += "\r\ntransfer-encoding: chunked";
  else if (request.bodyLength > 0 || SAYS_EMPTY.has(request.method))
    text += `\r\ncontent-length: ${request.bodyLength}`;
  return addOutgoingFields(x, text, addLine) + "\r\n\r\n";
}

/** Begins with the break of the line before: what stands before the value is one constant then, where the name is. */
function addLine(text: string, name: string, value: string): string {
  return text + ("\r\n" + name + ": ") + value;
}
