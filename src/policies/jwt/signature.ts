import {
  constants,
  createHmac,
  timingSafeEqual,
  verify,
  type KeyObject,
  type VerifyKeyObjectInput,
} from "node:crypto";
import type { Algorithm } from "./algorithms.ts";

/** Bytes of `r` and of `s` (RFC 7518, 3.4). */
const ECDSA_HALF_BYTES: Readonly<Record<string, number>> = { ES256: 32, ES384: 48, ES512: 66 };
const ED25519_BYTES = 64;

/**
 * One key for one algorithm. `node:crypto` checks the signature, at once and on this thread: a library in between and a
 * promise cost more than the check itself (docs/decisions/0013). What it must not be asked about is refused before.
 */
export class VerificationKey {
  readonly #algorithm: Algorithm;
  /** The hash's name; null where the algorithm has its own. */
  readonly #hash: string | null;
  readonly #key: KeyObject;
  readonly #input: VerifyKeyObjectInput;
  /** Bytes of a signature; 0 where the key says. */
  readonly #bytes: number;

  constructor(algorithm: Algorithm, key: KeyObject) {
    this.#algorithm = algorithm;
    this.#hash = algorithm === "EdDSA" ? null : `sha${algorithm.slice(2)}`;
    this.#key = key;
    this.#input = inputFor(algorithm, key);
    this.#bytes = algorithm === "EdDSA" ? ED25519_BYTES : 2 * (ECDSA_HALF_BYTES[algorithm] ?? 0);
  }

  /** Whether `signature` was made over `input`, which is ASCII, by the owner of the key. */
  verifies(input: string, signature: Buffer): boolean {
    if (this.#algorithm.startsWith("HS")) return this.#isMac(input, signature);
    if (this.#bytes !== 0 && signature.length !== this.#bytes) return false;
    // CVE-2022-21449: a library that does not look takes zeros for anybody's signature of anything.
    if (this.#algorithm.startsWith("ES") && (isZero(signature, 0) || isZero(signature, this.#bytes / 2)))
      return false;
    return verify(this.#hash, Buffer.from(input, "latin1"), this.#input, signature);
  }

  #isMac(input: string, signature: Buffer): boolean {
    const mac = createHmac(this.#hash!, this.#key).update(input).digest();
    return mac.length === signature.length && timingSafeEqual(mac, signature);
  }
}

function inputFor(algorithm: Algorithm, key: KeyObject): VerifyKeyObjectInput {
  switch (algorithm.slice(0, 2)) {
    case "RS":
      return { key, padding: constants.RSA_PKCS1_PADDING };
    case "PS":
      // The salt is as long as the hash, and no other is taken (RFC 7518, 3.5).
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    case "ES":
      // Both numbers one after the other, and no DER, of which there are many spellings (RFC 7518, 3.4).
      return { key, dsaEncoding: "ieee-p1363" };
    default:
      return { key };
  }
}

/** Whether one of the two numbers of an ECDSA signature is zero: the half that begins at `start`. */
function isZero(signature: Buffer, start: number): boolean {
  const end = start + signature.length / 2;
  for (let i = start; i < end; i++) if (signature[i] !== 0) return false;
  return true;
}
