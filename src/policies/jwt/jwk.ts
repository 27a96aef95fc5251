import { createPublicKey, type KeyObject } from "node:crypto";
import { isJsonObject } from "../../lib/strict-json.ts";
import { algorithmsFor, type SignatureAlgorithm } from "../../lib/signature-algorithms.ts";
import { nameOfKey, weaknessOf } from "./key-strength.ts";

/** Whether a JWK may verify signatures, by `use` and `key_ops` (RFC 7517, 4.2 and 4.3). */
export function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const { use, key_ops: operations } = jwk;
  return (
    (use === undefined || use === "sig") &&
    (operations === undefined || (Array.isArray(operations) && operations.includes("verify")))
  );
}

/** A key of an issuer's set that can be used. */
export interface PublicJwk {
  readonly kid: string | undefined;
  readonly key: KeyObject;
  /** What it verifies: what its type can, and its `alg` allows. */
  readonly algorithms: readonly SignatureAlgorithm[];
}

/**
 * Reads a member of an issuer's key set, or says why it is not used. Sets have keys for other ends and of kinds to come, so
 * none of these is an error. Only the key itself is read: `x5c`, `x5u` and `jku` are ways to another key.
 */
export function readPublicJwk(jwk: unknown): PublicJwk | { readonly problem: string } {
  if (!isJsonObject(jwk)) return { problem: "it is no object" };
  const { kty, kid, alg } = jwk;
  if (kid !== undefined && typeof kid !== "string") return { problem: "its kid is no text" };
  if (kty === "oct" || "k" in jwk) return { problem: "it is a secret key, which everybody may know now" };
  if ("d" in jwk) return { problem: "it is a private key, which everybody may know now" };
  if (!isForSignatures(jwk)) return { problem: "it is not meant for signatures" };
  const key = createKey(jwk);
  if (key === undefined) return { problem: "it cannot be read" };
  const weakness = weaknessOf(key);
  if (weakness !== undefined) return { problem: `it is ${weakness.message}` };
  const fits = algorithmsFor(key);
  const algorithms = alg === undefined ? fits : fits.filter((algorithm) => algorithm === alg);
  if (algorithms.length === 0)
    return { problem: `it is ${nameOfKey(key)}, and for no algorithm that is known` };
  return { kid, key, algorithms };
}

function createKey({ kty, crv, n, e, x, y }: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const key: Record<string, unknown> = { kty, crv, n, e, x, y };
  try {
    return createPublicKey({ key, format: "jwk" });
  } catch {
    return undefined;
  }
}
