import { createSecretKey } from "node:crypto";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { findSigningKeys, verifiedPayload } from "../../callers/signing-keys.ts";
import { hmacSecretProblem } from "../../lib/hmac-secret.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import type { Around } from "../../contract/around.ts";
import type { RevokeConfig } from "./schema.ts";

/** The claims of a token that the gateway has issued, expired or not; undefined for any other text. */
export type ReadIssued = (token: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** Undefined where the config has no key: then no token can be told from another text. */
export function issuedTokens(
  { signingKeys, secret, algorithm }: RevokeConfig,
  sets: Around["signingKeys"],
): ReadIssued | undefined {
  if (secret === undefined && algorithm !== undefined) {
    const message = "the algorithm goes with a secret, and there is none";
    throw new ConfigMistake(message, ["algorithm"], "remove it: signing keys have their own");
  }
  if (signingKeys !== undefined) {
    if (secret !== undefined) {
      const message = "secret and signingKeys exclude each other";
      throw new ConfigMistake(message, ["secret"], "remove one of them");
    }
    const keys = findSigningKeys(sets, signingKeys, ["signingKeys"]);
    return (token) => readClaims(keys.verify(token));
  }
  if (secret === undefined) return undefined;
  const alg = algorithm ?? "HS256";
  const problem = hmacSecretProblem(secret, alg);
  if (problem !== undefined) throw new ConfigMistake(problem.message, ["secret"], problem.hint);
  const key = createSecretKey(secret, "utf8");
  return (token) => readClaims(verifiedPayload(token, (algorithm) => (algorithm === alg ? key : undefined)));
}

async function readClaims(
  verified: Promise<Uint8Array | undefined>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const payload = await verified;
  const claims = payload === undefined ? undefined : decodeStrictJson(payload);
  return isJsonObject(claims) ? claims : undefined;
}
