import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import type { CryptoKey, JWK } from "jose";
import { PolicyConfigError } from "../../core/policy.ts";
import { hmacSecretProblem } from "../../lib/hmac-secret.ts";
import { algorithmsFor, MIN_RSA_BITS } from "../../lib/signature-algorithms.ts";
import type { InternalTokenConfig } from "./schema.ts";

type Algorithm = InternalTokenConfig["algorithm"];

export interface SigningKey {
  readonly key: CryptoKey;
  /** What services verify with; a secret has no such half. */
  readonly publicKey: JWK | undefined;
}

/** Reads the config's key, which must fit the algorithm. Errors never repeat any of it. */
export function readSigningKey({ signingKey, algorithm }: InternalTokenConfig): SigningKey {
  if (algorithm === "HS256") {
    const problem = hmacSecretProblem(signingKey, algorithm);
    if (problem !== undefined) throw keyError(problem.message, "give a secret of at least 32 bytes");
    const secret = createSecretKey(signingKey, "utf8");
    return {
      key: secret.toCryptoKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
      publicKey: undefined,
    };
  }
  const key = readPem(signingKey, algorithm);
  const problem = misfit(key, algorithm);
  if (problem !== undefined) throw keyError(problem, `make one with: ${COMMANDS[algorithm]}`);
  return {
    key: key.toCryptoKey(PARAMETERS[algorithm], false, ["sign"]),
    publicKey: createPublicKey(key).export({ format: "jwk" }),
  };
}

const PARAMETERS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

const COMMANDS = {
  ES256: "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
  EdDSA: "openssl genpkey -algorithm ed25519",
  RS256: "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
} as const;

function readPem(pem: string, algorithm: Exclude<Algorithm, "HS256">): KeyObject {
  if (/-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(pem)) {
    throw keyError(
      "signingKey is a public key, which cannot sign",
      "give the private half, which only the gateway has",
    );
  }
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw keyError(
      "signingKey is encrypted",
      "decrypt it with: openssl pkey -in FILE, and keep it in the environment",
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says of it helps nobody, and could repeat some of it.
    throw keyError(
      `signingKey is no private key in PEM, which ${algorithm} needs`,
      "it begins with -----BEGIN PRIVATE KEY-----, and its lines stay apart",
    );
  }
}

const NEEDED = {
  ES256: "an EC key on P-256",
  EdDSA: "an Ed25519 key",
  RS256: `an RSA key of at least ${MIN_RSA_BITS} bits (RFC 7518, 3.3)`,
} as const;

function misfit(key: KeyObject, algorithm: Exclude<Algorithm, "HS256">): string | undefined {
  const { modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
  const fits = algorithmsFor(key).includes(algorithm) && modulusLength >= MIN_RSA_BITS;
  return fits ? undefined : `${algorithm} needs ${NEEDED[algorithm]}`;
}

function keyError(message: string, hint: string): PolicyConfigError {
  return new PolicyConfigError(message, ["signingKey"], hint);
}
