import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Algorithm } from "./algorithms.ts";
import { bear, CLAIMS, createPolicy, SECRET, sign } from "./testing.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
const ed25519 = generateKeyPairSync("ed25519");
const x25519 = generateKeyPairSync("x25519");

const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" });
const jwk = (key: KeyObject): { kty: string } => key.export({ format: "jwk" }) as { kty: string };

const matrix: readonly (readonly [Algorithm, { publicKey: KeyObject; privateKey: KeyObject }])[] = [
  ["RS256", rsa],
  ["RS384", rsa],
  ["RS512", rsa],
  ["PS256", rsa],
  ["PS384", rsa],
  ["PS512", rsa],
  ["ES256", p256],
  ["ES384", p384],
  ["ES512", p521],
  ["EdDSA", ed25519],
];

for (const [alg, { publicKey, privateKey }] of matrix) {
  test(`${alg}: by PEM and by JWK`, async () => {
    const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(privateKey);
    for (const given of [
      pem(publicKey),
      jwk(publicKey),
      { ...jwk(publicKey), alg, use: "sig", key_ops: ["verify"] },
    ]) {
      const { policy } = createPolicy({ secret: undefined, publicKey: given, algorithms: [alg] });
      assert.equal((await bear(policy, token)).code, "");
      const at = token.lastIndexOf(".") + 3;
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      assert.equal((await bear(policy, changed)).code, "jwt.signature");
    }
  });
}

for (const alg of ["HS256", "HS384", "HS512"] as const) {
  test(`${alg}: with a secret of the least length`, async () => {
    const bytes = Number(alg.slice(2)) / 8;
    const secret = "s".repeat(bytes);
    const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(Buffer.from(secret));
    const { policy } = createPolicy({ secret, algorithms: [alg] });
    assert.equal((await bear(policy, token)).code, "");
    assert.throws(() => createPolicy({ secret: secret.slice(1), algorithms: [alg] }), ConfigMistake);
  });
}

test("one RSA key takes several algorithms", async () => {
  const { policy } = createPolicy({
    secret: undefined,
    publicKey: pem(rsa.publicKey),
    algorithms: ["RS256", "PS512"],
  });
  for (const alg of ["RS256", "PS512"]) {
    const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(rsa.privateKey);
    assert.equal((await bear(policy, token)).code, "");
  }
});

test("the length of a secret is counted in bytes", () => {
  assert.doesNotThrow(() => createPolicy({ secret: "é".repeat(16) }));
  assert.throws(() => createPolicy({ secret: "é".repeat(15) }), ConfigMistake);
});

const none = { secret: undefined };
const refused: readonly (readonly [
  what: string,
  config: object,
  message: RegExp,
  path: readonly (string | number)[],
])[] = [
  ["no key", none, /no key/, []],
  ["a secret and a public key", { publicKey: pem(p256.publicKey) }, /exclude each other/, ["publicKey"]],
  [
    "the page's own secret",
    { secret: "super-secret-gateway-key" },
    /24 bytes; HS256 needs at least 32/,
    ["secret"],
  ],
  ["a PEM document as secret", { secret: pem(rsa.publicKey) }, /PEM document/, ["secret"]],
  [
    "RS256 with a secret",
    { algorithms: ["HS256", "RS256"] },
    /RS256 does not fit a secret/,
    ["algorithms", 1],
  ],
  [
    "HS256 with a public key",
    { ...none, publicKey: pem(rsa.publicKey) },
    /HS256 does not fit an RSA key/,
    ["algorithms", 0],
  ],
  [
    "RS256 with HS256 and a public key",
    { ...none, publicKey: pem(rsa.publicKey), algorithms: ["RS256", "HS256"] },
    /HS256/,
    ["algorithms", 1],
  ],
  [
    "RSA under 2048 bits",
    { ...none, publicKey: pem(shortRsa.publicKey), algorithms: ["RS256"] },
    /1024 bits/,
    ["publicKey"],
  ],
  [
    "a short RSA key as JWK",
    { ...none, publicKey: jwk(shortRsa.publicKey), algorithms: ["PS256"] },
    /1024 bits/,
    ["publicKey"],
  ],
  [
    "a key for PSS alone",
    { ...none, publicKey: pem(pss.publicKey), algorithms: ["PS256"] },
    /rsa-pss/,
    ["algorithms", 0],
  ],
  [
    "ES256 on another curve",
    { ...none, publicKey: pem(p384.publicKey), algorithms: ["ES256"] },
    /secp384r1/,
    ["algorithms", 0],
  ],
  [
    "ES256 on secp256k1",
    { ...none, publicKey: pem(k1.publicKey), algorithms: ["ES256"] },
    /secp256k1/,
    ["algorithms", 0],
  ],
  [
    "EdDSA with a key for agreement",
    { ...none, publicKey: pem(x25519.publicKey), algorithms: ["EdDSA"] },
    /x25519/,
    ["algorithms", 0],
  ],
  [
    "a private key as PEM",
    { ...none, publicKey: p256.privateKey.export({ type: "pkcs8", format: "pem" }), algorithms: ["ES256"] },
    /private key/,
    ["publicKey"],
  ],
  [
    "a private key as JWK",
    { ...none, publicKey: jwk(p256.privateKey), algorithms: ["ES256"] },
    /private key/,
    ["publicKey"],
  ],
  ["a secret key as JWK", { ...none, publicKey: { kty: "oct", k: "AAAA" } }, /secret key/, ["publicKey"]],
  ["no PEM", { ...none, publicKey: "key", algorithms: ["ES256"] }, /no PEM/, ["publicKey"]],
  [
    "a PEM cut short",
    { ...none, publicKey: pem(p256.publicKey).slice(0, 60), algorithms: ["ES256"] },
    /cannot be read/,
    ["publicKey"],
  ],
  [
    "a JWK without a modulus",
    { ...none, publicKey: { kty: "RSA" }, algorithms: ["RS256"] },
    /cannot be read/,
    ["publicKey"],
  ],
  [
    "a JWK for encryption",
    { ...none, publicKey: { ...jwk(rsa.publicKey), use: "enc" }, algorithms: ["RS256"] },
    /not meant for signatures/,
    ["publicKey"],
  ],
  [
    "a JWK for another algorithm",
    { ...none, publicKey: { ...jwk(rsa.publicKey), alg: "PS256" }, algorithms: ["PS256", "RS256"] },
    /only for "PS256"/,
    ["algorithms", 1],
  ],
  [
    "two claims for one header",
    { claimsToHeaders: { sub: "x-user", email: "x-user" } },
    /one header/,
    ["claimsToHeaders", "email"],
  ],
];

for (const [what, config, message, path] of refused) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createPolicy(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake, String(error));
        assert.match(error.message, message);
        assert.deepEqual(error.path, path);
        assert.ok(error.hint);
        assert.ok(!error.message.includes("super-secret"));
        return true;
      },
    );
  });
}

const unreadable: readonly (readonly [what: string, config: object])[] = [
  ["no algorithms", { algorithms: [] }],
  ["alg none", { algorithms: ["none"] }],
  ["an unknown option", { issuers: "a" }],
  ["a tolerance over 60s", { clockTolerance: "61s" }],
  ["a header in upper case", { claimsToHeaders: { sub: "X-User-Id" } }],
  ["a header with an underscore", { claimsToHeaders: { sub: "x_user_id" } }],
  ["a header with a line end", { claimsToHeaders: { sub: "x-user\r\nhost" } }],
  ["the header host", { claimsToHeaders: { sub: "host" } }],
  ["the header content-length", { claimsToHeaders: { sub: "content-length" } }],
  ["the header transfer-encoding", { claimsToHeaders: { sub: "transfer-encoding" } }],
  ["the header connection", { claimsToHeaders: { sub: "connection" } }],
  ["the header authorization", { claimsToHeaders: { sub: "authorization" } }],
  ["the header x-forwarded-for", { claimsToHeaders: { sub: "x-forwarded-for" } }],
  ["a realm with a quote", { realm: 'a"b' }],
  ["a cache without room", { cache: { entries: 1 } }],
];

for (const [what, config] of unreadable) {
  test(`the schema refuses ${what}`, () => {
    assert.throws(() => createPolicy(config), { name: /Zod/ });
  });
}

// Self-signed, by a key that was thrown away once it had signed the token.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS2gAwIBAgIUWyJpu5AqjgZw8oZaZLyI4rAaslgwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwHhcNMjYxMTI0MDQ0MjAwWhcNMzYx
MTIxMDQ0MjAwWjAZMRcwFQYDVQQDDA5pc3N1ZXIuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABAxDPqACiqw1DmZ1k2xHaJCj74DfTNUW/aSZ7B44s83c
2MIifMY1qWyTAdooKtqgq2c1tXipfGvdppaQADtIV5WjUzBRMB0GA1UdDgQWBBSW
m/BQTj3ZFR/tSfP9zeWqhsibODAfBgNVHSMEGDAWgBSWm/BQTj3ZFR/tSfP9zeWq
hsibODAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCrYYi6aCAX
wBOio5Ps7K9XDwev/JQ0h3haOY2YRdsm/wIhAPc/clLJA5tlMjsUDlarXt6Q49ys
Wyw+UyY/U9vQNGzm
-----END CERTIFICATE-----
`;
const certified =
  "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIiwicm9sZSI6ImFkbWluIiwiaWF0IjoxNzY3MjI1NjAwLCJleHAiOjE3NjcyMjkyMDB9" +
  ".cg7YOJL2o6fBldXLj5dBhQ5JPhMBUwB0ocrPZFDeMVuqivxVje2bi9stVo38rcMGsEU7AWeJgccwb6suGulQDQ";

test("a certificate's key is used", async () => {
  const { policy } = createPolicy({ secret: undefined, publicKey: certificate, algorithms: ["ES256"] });
  assert.equal((await bear(policy, certified)).code, "");
});

test("the secret may stand in the environment", async (t) => {
  process.env["JWT_TEST_SECRET"] = SECRET;
  t.after(() => delete process.env["JWT_TEST_SECRET"]);
  const { policy } = createPolicy({ secret: { env: "JWT_TEST_SECRET" } });
  assert.equal((await bear(policy, sign())).code, "");
});
