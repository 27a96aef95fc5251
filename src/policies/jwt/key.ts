import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import type { CryptoKey } from "jose";
import { PolicyConfigError } from "../../core/policy.ts";
import { hmacSecretProblem, type HmacAlgorithm } from "../../lib/hmac-secret.ts";
import type { Algorithm, JwtConfig } from "./schema.ts";

/** The key to verify with, by algorithm: what is not in it is not accepted. */
export type VerificationKeys = ReadonlyMap<string, CryptoKey | KeyObject>;

const MIN_RSA_BITS = 2048;
const RSA: readonly Algorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const BY_CURVE: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};

/** Reads the config's key and checks that every algorithm fits it, so that no token can choose another reading of it. */
export function readKeys(config: JwtConfig): VerificationKeys {
  if (config.secret !== undefined && config.publicKey !== undefined) {
    throw new PolicyConfigError(
      "secret and publicKey exclude each other",
      ["publicKey"],
      "remove one of them",
    );
  }
  if (config.secret !== undefined) return secretKeys(config.secret, config.algorithms);
  if (config.publicKey !== undefined) return publicKeys(config.publicKey, config.algorithms);
  throw new PolicyConfigError(
    "there is no key to verify tokens with",
    [],
    "give a secret (HS256) or a publicKey (RS256, ES256, EdDSA, ...)",
  );
}

function secretKeys(secret: string, algorithms: readonly Algorithm[]): VerificationKeys {
  const keys = new Map<string, CryptoKey | KeyObject>();
  for (const [i, algorithm] of algorithms.entries()) {
    if (!isHmac(algorithm)) throw misfit(algorithm, i, "a secret", ["HS256", "HS384", "HS512"]);
    const problem = hmacSecretProblem(secret, algorithm);
    if (problem !== undefined) throw new PolicyConfigError(problem.message, ["secret"], problem.hint);
    const hash = `SHA-${algorithm.slice(2)}`;
    // Imported once: jose would import a secret's bytes anew with every token.
    keys.set(
      algorithm,
      createSecretKey(secret, "utf8").toCryptoKey({ name: "HMAC", hash }, false, ["verify"]),
    );
  }
  return keys;
}

function publicKeys(
  given: NonNullable<JwtConfig["publicKey"]>,
  algorithms: readonly Algorithm[],
): VerificationKeys {
  const key = typeof given === "string" ? readPem(given) : readJwk(given, algorithms);
  const { fits, name } = describe(key);
  const keys = new Map<string, KeyObject>();
  for (const [i, algorithm] of algorithms.entries()) {
    if (!fits.includes(algorithm)) throw misfit(algorithm, i, name, fits);
    keys.set(algorithm, key);
  }
  return keys;
}

function readPem(pem: string): KeyObject {
  // Node would derive the public key from a private one; but a gateway that only verifies must not be given that.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw privateKey();
  if (!/^\s*-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(pem)) {
    throw new PolicyConfigError(
      "publicKey is no PEM public key or certificate",
      ["publicKey"],
      "it begins with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----",
    );
  }
  return parseKey(() => createPublicKey(pem));
}

function readJwk(jwk: Readonly<Record<string, unknown>>, algorithms: readonly Algorithm[]): KeyObject {
  if (jwk["kty"] === "oct") {
    throw new PolicyConfigError("publicKey is a secret key (oct)", ["publicKey"], "give it as secret");
  }
  if ("d" in jwk) throw privateKey();
  const usable =
    (jwk["use"] === undefined || jwk["use"] === "sig") &&
    (jwk["key_ops"] === undefined || (Array.isArray(jwk["key_ops"]) && jwk["key_ops"].includes("verify")));
  if (!usable) {
    throw new PolicyConfigError(
      "publicKey is not meant for signatures",
      ["publicKey"],
      "its use must be sig",
    );
  }
  const other = jwk["alg"] === undefined ? -1 : algorithms.findIndex((algorithm) => algorithm !== jwk["alg"]);
  if (other !== -1) {
    const only = JSON.stringify(jwk["alg"]);
    throw new PolicyConfigError(
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
    throw new PolicyConfigError(
      `publicKey cannot be read: ${reason}`,
      ["publicKey"],
      "check that it is complete",
    );
  }
}

function describe(key: KeyObject): { fits: readonly Algorithm[]; name: string } {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength >= MIN_RSA_BITS) return { fits: RSA, name: "an RSA key" };
      throw new PolicyConfigError(
        `publicKey is an RSA key of ${modulusLength} bits; at least ${MIN_RSA_BITS} are needed (RFC 7518, 3.3)`,
        ["publicKey"],
        "make a longer one with: openssl genrsa 2048",
      );
    case "ec":
      return { fits: BY_CURVE[namedCurve] ?? [], name: `an EC key on ${namedCurve}` };
    case "ed25519":
      return { fits: ["EdDSA"], name: "an Ed25519 key" };
    default:
      return { fits: [], name: `a key of type ${key.asymmetricKeyType}` };
  }
}

function misfit(algorithm: Algorithm, i: number, key: string, fits: readonly Algorithm[]): PolicyConfigError {
  return new PolicyConfigError(
    `${algorithm} does not fit ${key}`,
    ["algorithms", i],
    fits.length === 0 ? "give an RSA, P-256, P-384, P-521 or Ed25519 key" : `it takes ${fits.join(", ")}`,
  );
}

function privateKey(): PolicyConfigError {
  return new PolicyConfigError(
    "publicKey is a private key, which the gateway must not have",
    ["publicKey"],
    "take the public half with: openssl pkey -pubout",
  );
}

function isHmac(algorithm: Algorithm): algorithm is HmacAlgorithm {
  return algorithm.startsWith("HS");
}
