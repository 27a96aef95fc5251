import type { RefusalKind } from "../../http/refusal.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import type { VerificationKeys } from "./key.ts";
import { ALGORITHM, MALFORMED, TYPE } from "./refusals.ts";

/** The longest token that is looked at, in bytes. */
export const MAX_TOKEN_BYTES = 8192;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const ACCESS_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

/**
 * Checks all of a token that needs no cryptography: its exact shape and its header. Returns the algorithm, which has a key
 * in `keys`, or why the token is refused.
 *
 * Strict because libraries are not: jose, like others, takes white space inside a token. `kid`, `jku`, `x5u`, `x5c` and
 * `jwk` have no say in which key is used: whoever makes a token would choose what it is checked with.
 */
export function readAlgorithm(token: string, keys: VerificationKeys): string | RefusalKind {
  if (!COMPACT.test(token)) return MALFORMED;
  const parts = token.split(".");
  if (!parts.every(isCanonical)) return MALFORMED;
  const header = decodeStrictJson(Buffer.from(parts[0]!, "base64url"));
  if (!isJsonObject(header)) return MALFORMED;
  const { alg, typ } = header;
  if (typeof alg !== "string") return MALFORMED;
  // Extensions that must be understood (RFC 7515, 4.1.11), unencoded payloads (RFC 7797), encrypted tokens (RFC 7516).
  if ("crit" in header || "b64" in header || "enc" in header) return MALFORMED;
  if (!keys.has(alg)) return ALGORITHM;
  if (typ === undefined) return alg;
  return typeof typ === "string" && ACCESS_TOKEN_TYPE.test(typ) ? alg : TYPE;
}

/** Two spellings of one signature would be two tokens to whoever keeps a list of them. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}
