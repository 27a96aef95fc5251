import type { Exchange } from "./exchange.ts";
import { isWrittenAnew } from "./provenance.ts";

/**
 * Adds to `head`, by `add`, the fields that tell a service of `x`, and returns it: what the client says and may say, then what
 * policies set, then what is the gateway's own to say. No field of the client's goes on in place of one of the latter. Names
 * are in lower case; one that comes again is a further field of that name.
 *
 * Addressing (Host) and framing (Content-Length, Transfer-Encoding) are not among them: these are each protocol's own.
 *
 * A text is built without an object or closure for it. Measured, one head of 12 fields: 0.40 microseconds, as when it was spelled
 * out for text alone; with an object that takes the fields, 0.45.
 */
export function addOutgoingFields<Head>(
  x: Exchange,
  head: Head,
  add: (head: Head, name: string, value: string) => Head,
): Head {
  const { request, from, forwardHeaders } = x;
  const { fields } = request.headers;
  let told = head;
  let via = "";
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (isWrittenAnew(name)) {
      if (name === "via") via += `${fields[i + 1]}, `;
      continue;
    }
    if (name === "tracestate" && !continuesTrace(x)) continue;
    if (forwardHeaders !== undefined && isOverridden(name, forwardHeaders)) continue;
    told = add(told, name, fields[i + 1]!);
  }
  if (forwardHeaders !== undefined) {
    for (let i = 0; i < forwardHeaders.length; i += 2)
      told = add(told, forwardHeaders[i]!, forwardHeaders[i + 1]!);
  }
  const host = from.host === "" ? request.authority : from.host;
  if (host !== "") told = add(told, "x-forwarded-host", host);
  told = add(told, "x-forwarded-for", from.address);
  told = add(told, "x-forwarded-proto", from.scheme);
  told = add(told, "x-request-id", x.id);
  told = add(told, "traceparent", x.traceparent);
  return add(told, "via", `${via}${request.version} ${x.snapshot.name}`);
}

function isOverridden(name: string, forwardHeaders: readonly string[]): boolean {
  for (let i = 0; i < forwardHeaders.length; i += 2) if (forwardHeaders[i] === name) return true;
  return false;
}

/** Vendors' trace state belongs to its trace: it is not passed on with another. */
function continuesTrace(x: Exchange): boolean {
  return x.request.headers.get("traceparent")?.slice(0, 35) === x.traceparent.slice(0, 35);
}
