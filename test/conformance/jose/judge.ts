import { createSecretKey } from "node:crypto";
import { HMAC_ALGORITHMS, hmacSecretProblem } from "../../../src/lib/hmac-secret.ts";
import { SIGNATURE_ALGORITHMS } from "../../../src/lib/signature-algorithms.ts";
import type { Algorithm } from "../../../src/policies/jwt/algorithms.ts";
import { AMBIGUOUS_KEY, KeySet } from "../../../src/policies/jwt/key-set.ts";
import { ConfiguredKeys, type KeySource } from "../../../src/policies/jwt/key-source.ts";
import { KEY_UNKNOWN } from "../../../src/policies/jwt/refusals.ts";
import { VerificationKey } from "../../../src/policies/jwt/signature.ts";
import { readToken } from "../../../src/policies/jwt/token.ts";
import { checkSignature } from "../../../src/policies/jwt/verify.ts";
import type { JoseCase } from "./case.ts";

/**
 * Why the gateway refuses the token, by its own code; empty when the signature is accepted. This is the policy's own verifier, up
 * to where it would read claims, which these tokens do not have.
 */
export function judge({ token, keys }: Pick<JoseCase, "token" | "keys">): string {
  // The JSON serialization: no header field could hold it.
  const read = readToken(typeof token === "string" ? token : JSON.stringify(token));
  if ("code" in read) return read.code;
  const isSecret = keys.every(({ kty }) => kty === "oct");
  const source = isSecret ? secretNamed(read.kid, keys) : new FixedKeys(new KeySet(keys));
  if (source === undefined) return "(no config could have this secret)";
  const fault = checkSignature(
    read,
    new Set(isSecret ? HMAC_ALGORITHMS : SIGNATURE_ALGORITHMS),
    source,
    false,
  );
  if (fault instanceof Promise) throw new Error("keys that are there need not be waited for");
  return fault?.kind.code ?? "";
}

/** A key set that was fetched before. */
class FixedKeys implements KeySource {
  readonly generation = 0;
  readonly #set: KeySet;

  constructor(set: KeySet) {
    this.#set = set;
  }

  find(algorithm: Algorithm, kid: unknown) {
    const key = this.#set.find(algorithm, typeof kid === "string" ? kid : undefined);
    return key === undefined || key === AMBIGUOUS_KEY ? { kind: KEY_UNKNOWN } : key;
  }

  close(): void {}
}

/** The secret that somebody would configure who wants to take such tokens; undefined where the config would be refused. */
function secretNamed(kid: unknown, keys: JoseCase["keys"]): KeySource | undefined {
  const named = keys.filter((key) => key["kid"] === undefined || key["kid"] === kid);
  const [key] = named;
  const algorithm = HMAC_ALGORITHMS.find((algorithm) => algorithm === key?.["alg"]);
  if (key === undefined || named.length !== 1 || algorithm === undefined) return undefined;
  const secret = Buffer.from(String(key["k"]), "base64url");
  if (hmacSecretProblem("x".repeat(secret.length), algorithm) !== undefined) return undefined;
  return new ConfiguredKeys(new Map([[algorithm, new VerificationKey(algorithm, createSecretKey(secret))]]));
}
