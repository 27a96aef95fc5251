import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { hmacSecretProblem, type HmacAlgorithm } from "../../lib/hmac-secret.ts";
import { algorithmsFor } from "../../lib/signature-algorithms.ts";
import type { Algorithm } from "./algorithms.ts";
import { nameOfKey, weaknessOf } from "./key-strength.ts";
import { isForSignatures } from "./jwk.ts";
import type { JwtConfig } from "./schema.ts";
import { VerificationKey } from "./signature.ts";

/** The key to verify with, by algorithm: what is not in it is not accepted. */
export type VerificationKeys = ReadonlyMap<string, VerificationKey>;

/** Reads the config's key and checks that every algorithm fits it, so that no token can choose another reading of it. */
export function readKeys(config: Pick<JwtConfig, "secret" | "publicKey" | "algorithms">): VerificationKeys {
  if (config.secret !== undefined && config.publicKey !== undefined) {
    throw new ConfigMistake("secret and publicKey exclude each other", ["publicKey"], "remove one of them");
  }
  const { secret, publicKey, algorithms } = config;
  if (secret === undefined && publicKey === undefined) {
    throw new ConfigMistake(
      "there is no key to verify tokens with",
      [],
      "give issuers, a secret (HS256) or a publicKey (RS256, ES256, EdDSA, ...)",
    );
  }
  if (algorithms === undefined) {
    const hint = secret === undefined ? "such as [RS256] or [ES256]" : "such as [HS256]";
    throw new ConfigMistake(
      "it is not said which algorithms tokens may be signed with",
      ["algorithms"],
      hint,
    );
  }
  return secret === undefined ? publicKeys(publicKey!, algorithms) : secretKeys(secret, algorithms);
}

function secretKeys(secret: string, algorithms: readonly Algorithm[]): VerificationKeys {
  const keys = new Map<string, VerificationKey>();
  for (const [i, algorithm] of algorithms.entries()) {
    if (!isHmac(algorithm)) throw misfit(algorithm, i, "a secret", ["HS256", "HS384", "HS512"]);
    const problem = hmacSecretProblem(secret, algorithm);
    if (problem !== undefined) throw new ConfigMistake(problem.message, ["secret"], problem.hint);
    keys.set(algorithm, new VerificationKey(algorithm, createSecretKey(secret, "utf8")));
  }
  return keys;
}

function publicKeys(
  given: NonNullable<JwtConfig["publicKey"]>,
  algorithms: readonly Algorithm[],
): VerificationKeys {
  const key = typeof given === "string" ? readPem(given) : readJwk(given, algorithms);
  const weakness = weaknessOf(key);
  if (weakness !== undefined)
    throw new ConfigMistake(`publicKey is ${weakness.message}`, ["publicKey"], weakness.hint);
  const fits: readonly Algorithm[] = algorithmsFor(key);
  const keys = new Map<string, VerificationKey>();
  for (const [i, algorithm] of algorithms.entries()) {
    if (!fits.includes(algorithm)) throw misfit(algorithm, i, nameOfKey(key), fits);
    keys.set(algorithm, new VerificationKey(algorithm, key));
  }
  return keys;
}

function readPem(pem: string): KeyObject {
  // Node would derive the public key from a private one; but a gateway that only verifies must not be given that.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw privateKey();
  if (!/^\s*-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(pem)) {
    throw new ConfigMistake(
      "publicKey is no PEM public key or certificate",
      ["publicKey"],
      "it begins with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----",
    );
  }
  return parseKey(() => createPublicKey(pem));
}

function readJwk(jwk: Readonly<Record<string, unknown>>, algorithms: readonly Algorithm[]): KeyObject {
  if (jwk["kty"] === "oct") {
    throw new ConfigMistake("publicKey is a secret key (oct)", ["publicKey"], "give it as secret");
  }
  if ("d" in jwk) throw privateKey();
  if (!isForSignatures(jwk)) {
    throw new ConfigMistake("publicKey is not meant for signatures", ["publicKey"], "its use must be sig");
  }
  const other = jwk["alg"] === undefined ? -1 : algorithms.findIndex((algorithm) => algorithm !== jwk["alg"]);
  if (other !== -1) {
    const only = JSON.stringify(jwk["alg"]);
    throw new ConfigMistake(
      `publicKey is only for ${only}, not for ${algorithms[other]}`,
      ["algorithms", other],
      "keep to the key's alg",
    );
  }
  return parseKey(() => createPublicKey({ key: jwk, format: "jwk" }));
}

function parseKey(parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigMistake(
      `publicKey cannot be read: ${reason}`,
      ["publicKey"],
      "check that it is complete",
    );
  }
}

function misfit(algorithm: Algorithm, i: number, key: string, fits: readonly Algorithm[]): ConfigMistake {
  return new ConfigMistake(
    `${algorithm} does not fit ${key}`,
    ["algorithms", i],
    fits.length === 0 ? "give an RSA, P-256, P-384, P-521 or Ed25519 key" : `it takes ${fits.join(", ")}`,
  );
}

function privateKey(): ConfigMistake {
  return new ConfigMistake(
    "publicKey is a private key, which the gateway must not have",
    ["publicKey"],
    "take the public half with: openssl pkey -pubout",
  );
}

function isHmac(algorithm: Algorithm): algorithm is HmacAlgorithm {
  return algorithm.startsWith("HS");
}
