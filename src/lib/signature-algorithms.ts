import type { KeyObject } from "node:crypto";

/** The algorithms of JWS whose tokens everybody can verify and only the owner of a private key makes (RFC 7518, 3.1; RFC 8037, 3.1). */
export const SIGNATURE_ALGORITHMS = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** RFC 7518, 3.3. */
export const MIN_RSA_BITS = 2048;

const RSA: readonly SignatureAlgorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const BY_CURVE: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};

/** The algorithms that a key, public or private, is of the right type and on the right curve for. */
export function algorithmsFor(key: KeyObject): readonly SignatureAlgorithm[] {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return RSA;
    case "ec":
      return BY_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? [];
    case "ed25519":
      return ["EdDSA"];
    default:
      return [];
  }
}
