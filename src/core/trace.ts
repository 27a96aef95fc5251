import type { Random } from "../host/host.ts";

const VALID = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The gateway's own `traceparent` (W3C Trace Context, level 1): the trace of a valid one that came in goes on, else a
 * new trace begins; the span is new either way.
 */
export function traceparentOf(received: string | undefined, random: Random): string {
  if (received !== undefined && VALID.test(received)) {
    return received.slice(0, 36) + random.hex(16) + received.slice(52);
  }
  const hex = random.hex(48);
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}
