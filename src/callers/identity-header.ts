import { fieldName } from "../http/field-schema.ts";
import { isEndToEnd } from "../http/header-names.ts";
import { isWrittenAnew } from "../core/provenance.ts";

/**
 * Header fields that cannot tell services who is calling, beside those of framing and connection and the gateway's own: they
 * say what the body is or carry credentials, the caller's token among them. Identity headers of clients are deleted on every
 * route, so that these would be lost, too.
 */
const RESERVED: ReadonlySet<string> = new Set([
  "authorization",
  "content-encoding",
  "content-type",
  "cookie",
  "proxy-authenticate",
  "proxy-authorization",
  "tracestate",
]);

/** Whether a name, in lower case, is free for what tells services who is calling, or for a credential. */
export function isFreeHeader(name: string): boolean {
  return isEndToEnd(name) && !isWrittenAnew(name) && !RESERVED.has(name);
}

/** The name of a request header, in lower case, by which a policy may tell services who is calling. */
export const identityHeaderName = fieldName
  .regex(/^[^A-Z]*$/, "expected a header name in lower case")
  .refine(isFreeHeader, {
    error: "this header is not free for claims: it belongs to the connection, the message or the gateway",
  });
