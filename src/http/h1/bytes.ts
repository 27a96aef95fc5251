import { hexDigit } from "../../lib/hex.ts";

/** Bytes of HTTP/1 and what they may be part of: one lookup per byte instead of comparisons. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

/** 1 for the bytes of a token (RFC 9110, 5.6.2). */
export const TOKEN = table((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));

/**
 * 1 for the bytes of a request's field names: tokens without `_`. Services that map names to variables (CGI and what
 * came after it) take `X_User_Id` for `X-User-Id`, so that a client could set what only the gateway may.
 */
export const REQUEST_NAME = table((byte) => TOKEN[byte] === 1 && byte !== 0x5f);

/** 1 for the bytes of a field value (RFC 9110, 5.5), obs-text included; never CR, LF, NUL or another control but HTAB. */
export const VALUE = table((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f));

/** 1 for the bytes of a request target; which of them are allowed where is for `canonicalTarget`. */
export const TARGET = table((byte) => byte > 0x20 && byte !== 0x7f);

/** The value of a hexadecimal digit, 255 for other bytes. */
export const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, byte) => hexDigit(byte) & 0xff);

/** Whether a byte is optional white space (RFC 9110, 5.6.3): a space or a tab. */
export function isOws(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function table(holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
}
