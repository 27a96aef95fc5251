/**
 * Fields that a reply of a handler must not carry: they belong to one connection or to the framing of one message (RFC
 * 9110, 7.6.1), which the gateway writes itself. Two opinions on a message's length are how responses are split.
 */
const FRAMING = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Whether a handler may set the field `name` (lower case) on its reply. */
export function isReplyField(name: string): boolean {
  return !FRAMING.has(name);
}
