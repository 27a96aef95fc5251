import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";
import { JOSEError, JWKSNoMatchingKey } from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { SignJWT } from "jose/jwt/sign";
import type { Clock } from "../host/host.ts";
import { hmacSecretProblem, type HmacAlgorithm } from "../lib/hmac-secret.ts";
import { readPrivateKey, type PublicMembers } from "../lib/private-key.ts";
import { type SignatureAlgorithm } from "../lib/signature-algorithms.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/** One key of the config, checked by its schema. */
export interface SigningKeyConfig {
  readonly privateKey: string;
  readonly algorithm: SignatureAlgorithm;
  readonly kid?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly signsFrom?: number | undefined;
}

/** A key that the gateway signs with, ready to. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly thumbprint: string;
  /** -Infinity for a key that always may. */
  readonly signsFromMs: number;
  readonly publicJwk: PublicJwk;
}

/** What is published of a key (RFC 7517, 4). */
export type PublicJwk = PublicMembers & {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly use: "sig";
};

/** What a kid may be: it goes into the head of every token. */
export const KEY_ID = /^[\x21-\x7e]{1,128}$/;

/** Reads a key of the config. Throws a `ConfigMistake`, which never repeats any of the key. */
export function createSigningKey(config: SigningKeyConfig): SigningKey {
  const { algorithm } = config;
  const read = readPrivateKey(config.privateKey, algorithm);
  if ("problem" in read) {
    throw new ConfigMistake(`privateKey ${read.problem}`, ["privateKey"], read.hint);
  }
  const { key, thumbprint, publicMembers } = read;
  const given = read.kid ?? config.kid ?? thumbprint;
  if (typeof given !== "string" || !KEY_ID.test(given)) {
    throw new ConfigMistake(
      "privateKey has a kid that is not 1 to 128 printable ASCII characters without blanks",
      ["privateKey"],
      "remove it from the JWK",
    );
  }
  if (config.kid !== undefined && config.kid !== given) {
    throw new ConfigMistake("privateKey has another kid", ["kid"], "remove one of them");
  }
  return {
    kid: given,
    algorithm,
    key,
    thumbprint,
    signsFromMs: config.signsFrom ?? -Infinity,
    publicJwk: { ...publicMembers, kid: given, alg: algorithm, use: "sig" },
  };
}

/** Keys of one purpose, one of which signs at a time. The others are published, for what they have signed or will sign. */
export class SigningKeys {
  readonly #keys: readonly SigningKey[];
  readonly #clock: Clock;

  /** `keys`: the newest first. */
  constructor(keys: readonly SigningKey[], clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** The public half of every key, also of those whose time to sign has not come. */
  get published(): readonly PublicJwk[] {
    return this.#keys.map((key) => key.publicJwk);
  }

  /**
   * A JWT of these claims. The signature is made in libuv's pool: with RSA it takes a millisecond, in which the event loop
   * could answer a dozen requests.
   */
  sign(claims: JWTPayload, type: string): Promise<string> {
    const { kid, algorithm, key } = this.#current();
    return new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: type, kid }).sign(key);
  }

  /** The payload of a token that one of the keys has signed; undefined for any other text. */
  verify(token: string): Promise<Uint8Array | undefined> {
    return verifiedPayload(token, (algorithm, kid) => {
      const signer = this.#keys.find((key) => key.kid === kid && key.algorithm === algorithm);
      return signer && createPublicKey(signer.key);
    });
  }

  /** The first whose time has come. A wall clock that was set back makes the oldest sign again. */
  #current(): SigningKey {
    const nowMs = this.#clock.wall();
    return this.#keys.find((key) => key.signsFromMs <= nowMs) ?? this.#keys.at(-1)!;
  }
}

/** The payload of a token in compact form whose signature is good; undefined for any other text. `findKey`: the key that it must be of. */
export async function verifiedPayload(
  token: string,
  findKey: (algorithm: string | undefined, kid: string | undefined) => KeyObject | undefined,
): Promise<Uint8Array | undefined> {
  try {
    const { payload } = await compactVerify(token, ({ alg, kid }) => {
      const key = findKey(alg, kid);
      if (key === undefined) throw new JWKSNoMatchingKey();
      return key;
    });
    return payload;
  } catch (error) {
    if (error instanceof JOSEError) return undefined;
    throw error;
  }
}

/** Signs with the config's `secret`; throws a `ConfigMistake`, which never repeats it, where that does not fit the algorithm. */
export function signWithSecret(
  secret: string,
  algorithm: HmacAlgorithm,
): (claims: JWTPayload, type: string) => Promise<string> {
  const problem = hmacSecretProblem(secret, algorithm, "add it to signingKeys if it is to sign");
  if (problem !== undefined) throw new ConfigMistake(problem.message, ["secret"], problem.hint);
  const hash = `SHA-${algorithm.slice(2)}`;
  const key = createSecretKey(secret, "utf8").toCryptoKey({ name: "HMAC", hash }, false, ["sign"]);
  return (claims, type) => new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: type }).sign(key);
}

/** The keys that a config calls `name`; throws a `ConfigMistake` at `path` when there are none. */
export function findSigningKeys(
  sets: ReadonlyMap<string, SigningKeys>,
  name: string,
  path: readonly (string | number)[],
): SigningKeys {
  const keys = sets.get(name);
  if (keys !== undefined) return keys;
  const hint =
    sets.size === 0
      ? "add them at the top of the config: signingKeys"
      : `the config has: ${[...sets.keys()].join(", ")}`;
  throw new ConfigMistake(`unknown signing keys ${JSON.stringify(name)}`, path, hint);
}
