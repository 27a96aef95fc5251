import { isProvenanceField } from "../http/forwarded/fields.ts";

/** Fields that say where a request comes from: the gateway's own word counts, not the client's. */
const WRITTEN_ANEW: ReadonlySet<string> = new Set(["x-real-ip", "x-request-id", "traceparent", "via"]);

/** Whether the field (lower case) is the gateway's own to say, whatever the client sent under that name. */
export function isWrittenAnew(name: string): boolean {
  return WRITTEN_ANEW.has(name) || isProvenanceField(name);
}
