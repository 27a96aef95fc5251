import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto";
import { algorithmsFor, MIN_RSA_BITS, type SignatureAlgorithm } from "./signature-algorithms.ts";
import { isJsonObject, parseStrictJson } from "./strict-json.ts";

/** A private key that may sign, with what everybody may know of it. */
export interface PrivateKey {
  readonly key: KeyObject;
  /** The name that it has in the JWK that it was read from; the text is anybody's. */
  readonly kid: unknown;
  readonly publicMembers: PublicMembers;
  /** RFC 7638, with SHA-256. */
  readonly thumbprint: string;
}

/** The members of a public JWK that make up the key; those of other types of key are undefined. */
export interface PublicMembers {
  readonly crv: string | undefined;
  readonly e: string | undefined;
  readonly kty: string | undefined;
  readonly n: string | undefined;
  readonly x: string | undefined;
  readonly y: string | undefined;
}

/** Why a key cannot be used, to be read behind the name of what holds it, and what to do. Never repeats any of the key. */
export interface KeyProblem {
  readonly problem: string;
  readonly hint: string;
}

/** FIPS 186-5, A.1.1. Under an exponent of 1, whoever sees a message has its signature. */
const MIN_RSA_EXPONENT = 65_537n;
const PKCS8 = /^-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----$/;
const INCOMPLETE: KeyProblem = { problem: "cannot be read", hint: "check that it is complete" };

/**
 * Reads a private key, in PEM (PKCS#8) or as the text of a JWK, and checks that it can sign with `algorithm`, and that its
 * private half belongs to its public one: else nobody could verify what it signs.
 */
export function readPrivateKey(text: string, algorithm: SignatureAlgorithm): PrivateKey | KeyProblem {
  const trimmed = text.trim();
  const jwk = trimmed.startsWith("{") ? parseStrictJson(trimmed) : {};
  if (!isJsonObject(jwk))
    return {
      problem: "is no JSON object in which each member stands once",
      hint: "check that the JWK is complete",
    };
  const problem = trimmed.startsWith("{") ? jwkProblem(jwk, algorithm) : pemProblem(trimmed);
  if (problem !== undefined) return problem;
  let key: KeyObject;
  try {
    key = trimmed.startsWith("{") ? createPrivateKey({ key: jwk, format: "jwk" }) : createPrivateKey(trimmed);
  } catch {
    // The error may repeat a part of the key.
    return INCOMPLETE;
  }
  const unfit = fitProblem(key, algorithm);
  if (unfit !== undefined) return unfit;
  const publicKey = createPublicKey(key);
  const publicMembers = readPublicMembers(publicKey);
  if (!canVerify(key, publicKey))
    return { problem: "has a public half that is not its own", hint: "make a new key" };
  return { key, kid: jwk["kid"], publicMembers, thumbprint: thumbprintOf(publicMembers) };
}

/** Written in the order in which RFC 7638 hashes them; what is undefined does not appear in JSON. */
export function readPublicMembers(publicKey: KeyObject): PublicMembers {
  const { crv, e, kty, n, x, y } = publicKey.export({ format: "jwk" });
  return { crv, e, kty, n, x, y };
}

/** The name that everybody gets who makes one from the public key (RFC 7638). */
export function thumbprintOf(members: PublicMembers): string {
  return hash("sha256", JSON.stringify(members), "base64url");
}

function pemProblem(text: string): KeyProblem | undefined {
  if (PKCS8.test(text)) return undefined;
  if (text.includes("ENCRYPTED"))
    return { problem: "is encrypted", hint: "give it decrypted, as openssl pkey -in key.pem writes it" };
  if (/^-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/.test(text))
    return {
      problem: "is public, and only a private key signs",
      hint: "give the private key that belongs to it",
    };
  if (/^-----BEGIN (?:(?:RSA|EC) PRIVATE KEY|EC PARAMETERS)-----/.test(text))
    return {
      problem: "is a PEM key in an older form than PKCS#8",
      hint: "convert it with: openssl pkcs8 -topk8 -nodes -in key.pem",
    };
  if (text.includes("\\n"))
    return {
      problem: "has \\n where its lines should end",
      hint: "keep its lines, or give it as JWK, which has one",
    };
  return {
    problem: "is neither PEM (PKCS#8) nor a JWK",
    hint: "it begins with -----BEGIN PRIVATE KEY-----, or with {",
  };
}

function jwkProblem(
  jwk: Readonly<Record<string, unknown>>,
  algorithm: SignatureAlgorithm,
): KeyProblem | undefined {
  if (jwk["kty"] === "oct")
    return {
      problem: "is a secret that others would need to verify with (oct)",
      hint: "give an EC, OKP or RSA key",
    };
  if (!("d" in jwk))
    return { problem: "is public, and only a private key signs", hint: "give the JWK with its member d" };
  if ("oth" in jwk) return { problem: "is an RSA key of more than two primes", hint: "make one of two" };
  const usable =
    (jwk["use"] === undefined || jwk["use"] === "sig") &&
    (jwk["key_ops"] === undefined || (Array.isArray(jwk["key_ops"]) && jwk["key_ops"].includes("sign")));
  if (!usable) return { problem: "is not meant to sign", hint: "its use must be sig" };
  if (jwk["alg"] !== undefined && jwk["alg"] !== algorithm)
    return {
      problem: `says with its alg that it is not for ${algorithm}`,
      hint: "name that alg as algorithm",
    };
  return undefined;
}

function fitProblem(key: KeyObject, algorithm: SignatureAlgorithm): KeyProblem | undefined {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? "";
  const fits = algorithmsFor(key);
  if (!fits.includes(algorithm)) {
    const what = namedCurve === "" ? `a key of type ${type}` : `a key on the curve ${namedCurve}`;
    const hint =
      fits.length === 0 ? "give a P-256, P-384, P-521, Ed25519 or RSA key" : `it is for ${fits.join(", ")}`;
    return { problem: `is ${what}, which does not fit ${algorithm}`, hint };
  }
  if (type !== "rsa") return undefined;
  const hint = "make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
  if (modulusLength < MIN_RSA_BITS)
    return {
      problem: `is an RSA key of ${modulusLength} bits; at least ${MIN_RSA_BITS} are needed (RFC 7518, 3.3)`,
      hint,
    };
  if (publicExponent < MIN_RSA_EXPONENT)
    return { problem: `is an RSA key whose public exponent is less than ${MIN_RSA_EXPONENT}`, hint };
  return undefined;
}

function canVerify(key: KeyObject, publicKey: KeyObject): boolean {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const probe = Buffer.from("whatever is signed");
  return verify(digest, probe, publicKey, sign(digest, probe, key));
}
