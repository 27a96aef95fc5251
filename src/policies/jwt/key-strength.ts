import type { KeyObject } from "node:crypto";
import { MIN_RSA_BITS } from "../../lib/signature-algorithms.ts";

/** To verify with a longer one takes milliseconds, in which nobody else is served. */
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT = 2n ** 32n;

/** What a public key is, for a person. */
export function nameOfKey(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return "an RSA key";
    case "ec":
      return `an EC key on ${key.asymmetricKeyDetails?.namedCurve}`;
    case "ed25519":
      return "an Ed25519 key";
    default:
      return `a key of type ${key.asymmetricKeyType}`;
  }
}

/** Why nobody should trust what a public key verifies; undefined when there is no reason. */
export function weaknessOf(key: KeyObject): { readonly message: string; readonly hint: string } | undefined {
  if (key.asymmetricKeyType !== "rsa") return undefined;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const hint = "make another one with: openssl genrsa 2048";
  if (modulusLength < MIN_RSA_BITS) {
    const message = `an RSA key of ${modulusLength} bits; at least ${MIN_RSA_BITS} are needed (RFC 7518, 3.3)`;
    return { message, hint };
  }
  if (modulusLength > MAX_RSA_BITS)
    return { message: `an RSA key of ${modulusLength} bits; at most ${MAX_RSA_BITS} are taken`, hint };
  // With 1 every text is its own signature; no even one has an inverse.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > MAX_RSA_EXPONENT)
    return { message: "an RSA key with an exponent that no honest key has", hint };
  if (isRoca(modulusOf(key)))
    return { message: "an RSA key that can be factored (ROCA, CVE-2017-15361)", hint };
  return undefined;
}

function modulusOf(key: KeyObject): bigint {
  const { n = "" } = key.export({ format: "jwk" });
  return BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
}

/** Primes modulo which the powers of 65537 are few. */
const ROCA_PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/**
 * Whether the modulus was made by the chips that took primes of the form k * M + (65537^a mod M): then it is a power of 65537
 * modulo every small prime. Of other moduli one in 2^27 is. Nemec et al., The Return of Coppersmith's Attack (2017).
 */
function isRoca(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => {
    const rest = Number(modulus % BigInt(prime));
    for (let power = 1, i = 0; i < prime; i++, power = (power * 65_537) % prime)
      if (power === rest) return true;
    return false;
  });
}
