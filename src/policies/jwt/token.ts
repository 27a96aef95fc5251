import type { RefusalKind } from "../../http/refusal.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import { MALFORMED } from "./refusals.ts";

/** The longest token that is looked at, in bytes. */
export const MAX_TOKEN_BYTES = 8192;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** A token whose shape is right, and of which nothing has been verified. */
export interface ReadToken {
  readonly algorithm: string;
  /** Of whatever type. `jku`, `x5u`, `x5c` and `jwk` are not read at all: a token does not bring its key. */
  readonly kid: unknown;
  readonly type: unknown;
  /** What the signature is over: header and payload as they stand. */
  readonly input: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/**
 * Checks all of a token that needs no key: its exact shape, and that its header asks for nothing that is not done here.
 *
 * Strict because libraries are not: jose, like others, takes white space inside a token.
 */
export function readToken(token: string): ReadToken | RefusalKind {
  if (!COMPACT.test(token)) return MALFORMED;
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (!isCanonical(token, 0, first) || !isCanonical(token, first + 1, second)) return MALFORMED;
  if (!isCanonical(token, second + 1, token.length)) return MALFORMED;
  const header = readHeader(token.slice(0, first));
  if ("code" in header) return header;
  return {
    ...header,
    input: token.slice(0, second),
    payload: Buffer.from(token.slice(first + 1, second), "base64url"),
    signature: Buffer.from(token.slice(second + 1), "base64url"),
  };
}

interface Header {
  readonly algorithm: string;
  readonly kid: unknown;
  readonly type: unknown;
}

/** What the header was that was read last: an issuer writes the same one on every token. It is no secret. */
let lastPart = "";
let lastHeader: Header = { algorithm: "", kid: undefined, type: undefined };

function readHeader(part: string): Header | RefusalKind {
  if (part === lastPart) return lastHeader;
  const bytes = Buffer.from(part, "base64url");
  const header = decodeStrictJson(bytes);
  if (!isJsonObject(header)) return MALFORMED;
  const { alg, kid, typ } = header;
  if (typeof alg !== "string") return MALFORMED;
  // Extensions that must be understood (RFC 7515, 4.1.11), unencoded payloads (RFC 7797), encrypted tokens (RFC 7516).
  if ("crit" in header || "b64" in header || "enc" in header) return MALFORMED;
  lastHeader = { algorithm: alg, kid, type: typ };
  // Not the part as it is: cut out of a token, it would keep that in memory.
  lastPart = bytes.toString("base64url");
  return lastHeader;
}

/**
 * Whether the base64url between `start` and `end` is the one spelling of its bytes: no length that no bytes have, and no
 * bits behind the last byte. Two spellings of one signature would be two tokens to whoever keeps a list of them.
 */
function isCanonical(token: string, start: number, end: number): boolean {
  const rest = (end - start) % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  return (sextet(token.charCodeAt(end - 1)) & (rest === 2 ? 0b1111 : 0b11)) === 0;
}

/** The value of a character of base64url. */
function sextet(code: number): number {
  if (code >= 0x61) return code - 0x61 + 26;
  if (code === 0x5f) return 63;
  if (code >= 0x41) return code - 0x41;
  return code === 0x2d ? 62 : code - 0x30 + 52;
}
