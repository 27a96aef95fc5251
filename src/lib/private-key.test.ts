import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { calculateJwkThumbprint } from "jose";
import { testPrivateKey, toJwk, toPem } from "../testing/private-keys.ts";
import { readPrivateKey } from "./private-key.ts";
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "./signature-algorithms.ts";

for (const algorithm of SIGNATURE_ALGORITHMS) {
  test(`${algorithm}: by PEM and by JWK, with the thumbprint that everybody gets`, async () => {
    const key = testPrivateKey(algorithm);
    const thumbprint = await calculateJwkThumbprint(createPublicKey(key).export({ format: "jwk" }));
    const texts = [
      toPem(key),
      `\n  ${toPem(key).replaceAll("\n", "\r\n")}\n`,
      toJwk(key),
      toJwk(key, { kid: "a", alg: algorithm, use: "sig", key_ops: ["sign"] }),
    ];
    for (const text of texts) {
      const read = readPrivateKey(text, algorithm);
      assert.ok(!("problem" in read), "problem" in read ? read.problem : "");
      assert.equal(read.thumbprint, thumbprint);
      assert.ok(read.key.equals(key));
      assert.equal(read.kid, text.includes('"kid"') ? "a" : undefined);
    }
  });
}

const p256 = testPrivateKey("ES256");
const other = testPrivateKey("ES256").export({ format: "jwk" });
const ed25519 = testPrivateKey("EdDSA");
const otherEd25519 = testPrivateKey("EdDSA").export({ format: "jwk" });
const rsa = testPrivateKey("RS256");
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 2047 }).privateKey;
const smallExponent = generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }).privateKey;
const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey;
const k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey;
const x25519 = generateKeyPairSync("x25519").privateKey;
const { d: p256d, ...publicP256 } = p256.export({ format: "jwk" });
const encrypted = p256.export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "open sesame",
});
const encryptedPkcs1 = rsa.export({
  type: "pkcs1",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "open sesame",
});
const publicPem = createPublicKey(p256).export({ type: "spki", format: "pem" });

const refused: readonly (readonly [
  what: string,
  text: string,
  algorithm: SignatureAlgorithm,
  problem: RegExp,
])[] = [
  ["nothing but blanks", " \n ", "ES256", /neither PEM/],
  ["a word", "correct horse", "ES256", /neither PEM/],
  ["a public PEM", publicPem, "ES256", /is public/],
  ["a certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "ES256", /is public/],
  ["a public JWK", JSON.stringify(publicP256), "ES256", /is public/],
  ["an encrypted PEM", encrypted, "ES256", /is encrypted/],
  ["an encrypted PEM in the old form", encryptedPkcs1, "RS256", /is encrypted/],
  ["PKCS#1", rsa.export({ type: "pkcs1", format: "pem" }), "RS256", /older form/],
  ["SEC1", p256.export({ type: "sec1", format: "pem" }), "ES256", /older form/],
  ["a PEM with \\n for its lines", toPem(p256).replaceAll("\n", "\\n"), "ES256", /has \\n where/],
  ["two PEM keys", toPem(p256) + toPem(p256), "ES256", /neither PEM/],
  ["a PEM with its certificate", toPem(p256) + publicPem, "ES256", /neither PEM/],
  ["a PEM cut short", `${toPem(p256).slice(0, 80)}\n-----END PRIVATE KEY-----`, "ES256", /cannot be read/],
  ["JSON cut short", toJwk(p256).slice(0, -1), "ES256", /no JSON object/],
  ["a JWK with d twice", `${toJwk(p256).slice(0, -1)},"d":"AAAA"}`, "ES256", /no JSON object/],
  ["a JWK without kty", JSON.stringify({ d: p256d }), "ES256", /cannot be read/],
  [
    "a JWK whose kty is that of objects",
    JSON.stringify({ kty: "__proto__", d: p256d }),
    "ES256",
    /cannot be read/,
  ],
  ["a JWK whose d is a number", toJwk(p256, { d: 7_777_777 }), "ES256", /cannot be read/],
  ["a JWK whose d is empty", toJwk(p256, { d: "" }), "ES256", /cannot be read/],
  ["an RSA JWK without its primes", toJwk(rsa, { p: undefined }), "RS256", /cannot be read/],
  ["an RSA JWK of three primes", toJwk(rsa, { oth: [] }), "RS256", /two primes/],
  ["a secret as JWK", JSON.stringify({ kty: "oct", k: "AAAA" }), "ES256", /is a secret/],
  ["a JWK for encryption", toJwk(p256, { use: "enc" }), "ES256", /not meant to sign/],
  ["a JWK for verifying", toJwk(p256, { key_ops: ["verify"] }), "ES256", /not meant to sign/],
  ["a JWK with operations that are no list", toJwk(p256, { key_ops: "sign" }), "ES256", /not meant to sign/],
  ["a JWK for another algorithm", toJwk(rsa, { alg: "PS256" }), "RS256", /alg that it is not for RS256/],
  [
    "a JWK with the point of another",
    toJwk(p256, { x: other.x, y: other.y }),
    "ES256",
    /cannot be read|not its own/,
  ],
  [
    "an Ed25519 JWK with the point of another",
    toJwk(ed25519, { x: otherEd25519.x }),
    "EdDSA",
    /cannot be read|not its own/,
  ],
  [
    "an RSA JWK with the modulus of another",
    toJwk(rsa, { n: otherRsa.n }),
    "RS256",
    /cannot be read|not its own/,
  ],
  ["an RSA JWK without a private half", toJwk(rsa, { d: "AQ", dp: "AQ" }), "RS256", /not its own/],
  ["an RSA JWK with another exponent", toJwk(rsa, { e: "AQAD" }), "RS256", /not its own/],
  ["RSA under 2048 bits", toPem(shortRsa), "RS256", /2047 bits/],
  ["RSA under 2048 bits as JWK", toJwk(shortRsa), "PS512", /2047 bits/],
  ["RSA with the exponent 3", toPem(smallExponent), "RS256", /public exponent/],
  ["RSA for PSS alone", toPem(pss), "PS256", /type rsa-pss, which does not fit PS256/],
  ["RSA for ES256", toPem(rsa), "ES256", /type rsa, which does not fit ES256/],
  ["P-256 for RS256", toPem(p256), "RS256", /prime256v1, which does not fit RS256/],
  ["P-256 for ES384", toJwk(p256), "ES384", /prime256v1, which does not fit ES384/],
  ["P-256 for EdDSA", toJwk(p256), "EdDSA", /does not fit EdDSA/],
  ["Ed25519 for ES256", toPem(ed25519), "ES256", /type ed25519, which does not fit ES256/],
  ["secp256k1", toPem(k1), "ES256", /secp256k1, which does not fit ES256/],
  ["a key for agreement", toPem(x25519), "EdDSA", /x25519, which does not fit EdDSA/],
];

for (const [what, text, algorithm, problem] of refused) {
  test(`refuses ${what}, and repeats none of it`, () => {
    const read = readPrivateKey(text, algorithm);
    assert.ok("problem" in read, "it was taken");
    assert.match(read.problem, problem);
    assert.ok(read.hint);
    assert.ok(!/7777777|correct horse/.test(read.problem + read.hint));
    for (const word of text.match(/[A-Za-z0-9+/_-]{20,}/g) ?? [])
      assert.ok(!(read.problem + read.hint).includes(word));
  });
}
