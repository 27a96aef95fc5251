/** An issuer's key set: which of its keys are used, and which of them a token means. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign as signWithKey, type KeyObject } from "node:crypto";
import { describe, test } from "node:test";
import { bear, CLAIMS, encode } from "./testing.ts";
import {
  createKey,
  createRemotePolicy,
  issue,
  ISSUER,
  KEYS_URL,
  SimulatedIssuers,
} from "./simulated-issuer/testing.ts";

type Jwk = Readonly<Record<string, unknown>>;

const good = createKey("good");
const evil = createKey("good");
const other = createKey("other");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed25519 = generateKeyPairSync("ed25519");
const x25519 = generateKeyPairSync("x25519");
const k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
const jwkOf = (key: KeyObject, more: object = {}): Jwk => ({ ...key.export({ format: "jwk" }), ...more });
const rsaJwk = jwkOf(rsa.publicKey, { kid: "rsa", use: "sig" });

const elsewhere = "https://evil.example/keys.json";

/** A token with any header, signed with any key. */
function signed(header: object, key: KeyObject, hash: string | null = "sha256"): string {
  const input = `${encode(header)}.${encode({ ...CLAIMS, iss: ISSUER })}`;
  const signature = signWithKey(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

const modulus = (bits: number): string =>
  Buffer.concat([Buffer.of(0xff), Buffer.alloc(bits / 8 - 2, 7), Buffer.of(0xff)]).toString("base64url");

/** As the chips with the fault of ROCA made them: a power of 65537 modulo the product of the first primes. */
function rocaModulus(): string {
  let product = 1n;
  for (let n = 2n; product < 1n << 1000n; n++) {
    let isPrime = true;
    for (let d = 2n; d * d <= n; d++) if (n % d === 0n) isPrime = false;
    if (isPrime) product *= n;
  }
  let power = 1n;
  for (let i = 0; i < 12_345; i++) power = (power * 65_537n) % product;
  const n = power + product * ((1n << 2047n) / product + 1n);
  return Buffer.from(n.toString(16).padStart(512, "0"), "hex").toString("base64url");
}

const skipped: readonly (readonly [what: string, key: unknown, problem: RegExp])[] = [
  ["RSA under 2048 bits", jwkOf(short.publicKey), /1024 bits/],
  ["RSA over 8192 bits", { kty: "RSA", n: modulus(16_384), e: "AQAB" }, /16384 bits/],
  ["RSA with the exponent 1", { ...rsaJwk, e: "AQ" }, /exponent/],
  ["RSA with an even exponent", { ...rsaJwk, e: "BA" }, /exponent/],
  ["RSA with a vast exponent", { ...rsaJwk, e: Buffer.alloc(64, 0xff).toString("base64url") }, /exponent/],
  ["RSA with the fault of ROCA", { ...rsaJwk, n: rocaModulus() }, /ROCA/],
  ["RSA without a modulus", { kty: "RSA", e: "AQAB" }, /cannot be read/],
  ["RSA with a modulus of another type", { kty: "RSA", n: 7, e: "AQAB" }, /cannot be read/],
  ["a secret", { kty: "oct", k: "c2VjcmV0", alg: "HS256" }, /secret key/],
  ["a secret in a public key", { ...rsaJwk, k: "c2VjcmV0" }, /secret key/],
  ["a private key", jwkOf(rsa.privateKey), /private key/],
  ["a key for encryption", { ...rsaJwk, use: "enc" }, /not meant/],
  ["a use of another type", { ...rsaJwk, use: ["sig"] }, /not meant/],
  ["a key to encrypt with", { ...rsaJwk, key_ops: ["encrypt"] }, /not meant/],
  ["key_ops of another type", { ...rsaJwk, key_ops: "verify" }, /not meant/],
  ["a key for an unknown algorithm", { ...rsaJwk, alg: "RS1" }, /no algorithm/],
  ["a key for an algorithm that does not fit", { ...rsaJwk, alg: "ES256" }, /no algorithm/],
  ["a key for an algorithm of another type", { ...rsaJwk, alg: ["RS256"] }, /no algorithm/],
  ["an unknown kty", { kty: "AKP", alg: "ML-DSA-65", pub: "AAAA" }, /cannot be read/],
  ["no kty", { n: rsaJwk["n"], e: "AQAB" }, /cannot be read/],
  ["the kty __proto__", { kty: "__proto__" }, /cannot be read/],
  ["an unknown curve", jwkOf(k1.publicKey), /no algorithm/],
  ["a key for agreement", jwkOf(x25519.publicKey), /no algorithm/],
  ["a point that is not on the curve", { ...good.jwk, y: good.jwk["x"] }, /cannot be read/],
  ["a kid of another type", { ...rsaJwk, kid: 1 }, /kid is no text/],
  ["what is no object", "key", /no object/],
  ["null", null, /no object/],
];

describe("of an issuer's set, this is not used, said once, and does no harm:", () => {
  for (const [what, key, problem] of skipped) {
    test(what, async () => {
      const issuers = new SimulatedIssuers();
      issuers.answers.set(KEYS_URL, { body: { keys: [key, good.jwk] } });
      const { policy, log, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL });
      assert.equal((await bear(policy, issue(good))).code, "");
      clock.advance(600_000);
      assert.equal((await bear(policy, issue(good, { sub: "2" }))).code, "");
      assert.equal(log.lines.length, 1);
      assert.match(log.lines[0]!.message!, problem);
      assert.equal(issuers.requests.length, 2);
      await policy.close?.();
    });
  }
});

describe("which key a token means", () => {
  const sets: readonly (readonly [what: string, keys: readonly Jwk[], header: object, code: string])[] = [
    ["no kid, and one key that fits", [good.jwk, rsaJwk], { kid: undefined }, ""],
    ["no kid, and two keys that fit", [good.jwk, other.jwk], { kid: undefined }, "jwt.key_unknown"],
    ["no kid, and none that fits", [rsaJwk], { kid: undefined }, "jwt.key_unknown"],
    ["no kid, and a key without one", [{ ...good.jwk, kid: undefined }], { kid: undefined }, ""],
    ["a kid, and a key without one", [{ ...good.jwk, kid: undefined }], {}, "jwt.key_unknown"],
    ["a kid that two keys have", [good.jwk, evil.jwk], {}, "jwt.key_unknown"],
    ["a kid that two keys have, for other algorithms", [good.jwk, { ...rsaJwk, kid: "good" }], {}, ""],
    ["the same key twice", [good.jwk, good.jwk], {}, ""],
    ["a key that may be for any algorithm", [{ ...good.jwk, alg: undefined, use: undefined }], {}, ""],
    [
      "a key with ways to another one",
      [{ ...good.jwk, x5u: elsewhere, x5c: ["AAAA"], jku: elsewhere }],
      {},
      "",
    ],
  ];
  for (const [what, keys, header, code] of sets) {
    test(`${what}: ${code || "passes"}`, async () => {
      const issuers = new SimulatedIssuers();
      issuers.answers.set(KEYS_URL, { body: { keys } });
      const { policy } = createRemotePolicy(issuers, { jwks: KEYS_URL });
      assert.equal((await bear(policy, issue(good, {}, header))).code, code);
      await policy.close?.();
    });
  }

  test("each algorithm by its own kind of key", async () => {
    const issuers = new SimulatedIssuers();
    const pairs = [
      ["RS256", rsa.privateKey, "sha256"],
      ["RS512", rsa.privateKey, "sha512"],
      ["ES384", p384.privateKey, "sha384"],
      ["EdDSA", ed25519.privateKey, null],
    ] as const;
    const keys = [rsa, p384, ed25519].map(({ publicKey }) =>
      jwkOf(createPublicKey(publicKey.export({ type: "spki", format: "pem" }))),
    );
    issuers.answers.set(KEYS_URL, { body: { keys } });
    const { policy } = createRemotePolicy(issuers, { jwks: KEYS_URL });
    for (const [alg, key, hash] of pairs)
      assert.equal((await bear(policy, signed({ alg }, key, hash))).code, "", alg);
    await policy.close?.();
  });
});
