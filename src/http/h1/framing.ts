import { isProvenanceField } from "../forwarded/fields.ts";
import type { HeaderList } from "../headers.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { RefusalKind } from "../refusal.ts";
import { isOws, TOKEN } from "./bytes.ts";

/** The number of a Content-Length value (RFC 9110, 8.6): digits and nothing else, at most 2^53 - 1; -1 when it is not. */
export function parseContentLength(value: string): number {
  if (value.length === 0 || value.length > 16) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length <= Number.MAX_SAFE_INTEGER ? length : -1;
}

/** What a Connection field says of the connection itself. */
export interface ConnectionOptions {
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
}

const KEEP: ConnectionOptions = { keepAlive: true, upgrade: false };
const CLOSE: ConnectionOptions = { keepAlive: false, upgrade: false };

/**
 * Reads the options of a Connection field (RFC 9110, 7.6.1), undefined when there is none, and takes the fields that it
 * names out of `headers`. They end here, before the gateway adds fields of its own: naming X-Forwarded-For or an
 * identity header must not take away what we say (CVE-2021-32813). Framing and Host are in no list and cannot be named away.
 * Neither can what a proxy in front says of its client: there are proxies that pass the client's own Connection on, HAProxy
 * among them, and it would have the proxy's address then. These fields go no further in any case.
 */
export function applyConnection(
  connection: string | undefined,
  minorVersion: 0 | 1,
  headers: HeaderList,
  malformed: RefusalKind,
): ConnectionOptions {
  if (connection === undefined) return minorVersion === 1 ? KEEP : CLOSE;
  if (connection === "keep-alive") return KEEP;
  if (connection === "close") return CLOSE;
  let keepAlive = minorVersion === 1;
  let close = false;
  let upgrade = false;
  for (const element of connection.split(",")) {
    const option = trimOws(element).toLowerCase();
    if (option === "") continue;
    if (!isToken(option)) throw new ProtocolError(malformed, "The Connection field is malformed.");
    if (option === "keep-alive") keepAlive = true;
    else if (option === "close") close = true;
    else if (option === "upgrade") upgrade = true;
    else if (!isProvenanceField(option)) headers.delete(option);
  }
  return { keepAlive: keepAlive && !close, upgrade };
}

export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  }
  return text !== "";
}

/** Takes off spaces and tabs; `trim` would take off obs-text such as U+00A0 as well. */
function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
