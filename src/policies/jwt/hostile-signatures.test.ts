/** Tokens that are refused where there is a public key: confusions of algorithms, and signatures that are none. */
import assert from "node:assert/strict";
import { generateKeyPairSync, sign as signWithKey } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import { bear, CLAIMS, createPolicy, encode, HEADER, sign } from "./testing.ts";

const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: typeof rsa.publicKey): string => key.export({ type: "spki", format: "pem" });
const es256 = `${encode({ alg: "ES256" })}.${encode(CLAIMS)}`;
const rs256 = `${encode({ alg: "RS256" })}.${encode(CLAIMS)}`;

const hostileToPublicKeys: readonly (readonly [
  what: string,
  algorithm: "RS256" | "ES256",
  token: string,
  code: string,
])[] = [
  ["HS256 with the public key as its secret", "RS256", sign(CLAIMS, HEADER, pem(rsa.publicKey)), "algorithm"],
  [
    "HS256 with the public key's bytes as its secret",
    "RS256",
    sign(CLAIMS, HEADER, rsa.publicKey.export({ type: "spki", format: "der" }).toString("latin1")),
    "algorithm",
  ],
  ["RS256 in name, HMAC in fact", "RS256", sign(CLAIMS, { alg: "RS256" }, pem(rsa.publicKey)), "signature"],
  [
    "PS256 where RS256 is listed",
    "RS256",
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: "PS256" }).sign(rsa.privateKey),
    "algorithm",
  ],
  [
    "RS256 in name, PSS in fact",
    "RS256",
    `${rs256}.${(await new SignJWT(CLAIMS).setProtectedHeader({ alg: "PS256" }).sign(rsa.privateKey)).split(".")[2]}`,
    "signature",
  ],
  ["an RSA signature of zeros", "RS256", `${rs256}.${Buffer.alloc(256).toString("base64url")}`, "signature"],
  [
    "an RSA signature of ones",
    "RS256",
    `${rs256}.${Buffer.alloc(256, 0xff).toString("base64url")}`,
    "signature",
  ],
  ["an ECDSA signature of zeros", "ES256", `${es256}.${Buffer.alloc(64).toString("base64url")}`, "signature"],
  [
    "an ECDSA signature of ones",
    "ES256",
    `${es256}.${Buffer.alloc(64, 0xff).toString("base64url")}`,
    "signature",
  ],
  [
    "an ECDSA signature in DER form",
    "ES256",
    `${es256}.${signWithKey("sha256", Buffer.from(es256), p256.privateKey).toString("base64url")}`,
    "signature",
  ],
  [
    "an ECDSA signature by another key",
    "ES256",
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: "ES256" }).sign(other.privateKey),
    "signature",
  ],
  [
    "a key of its own in jwk",
    "ES256",
    await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "ES256", jwk: other.publicKey.export({ format: "jwk" }) })
      .sign(other.privateKey),
    "signature",
  ],
];

for (const [what, algorithm, token, code] of hostileToPublicKeys) {
  test(`with a public key, refuses ${what} (${code})`, async () => {
    const publicKey = pem(algorithm === "RS256" ? rsa.publicKey : p256.publicKey);
    const { policy } = createPolicy({ secret: undefined, publicKey, algorithms: [algorithm] });
    assert.equal((await bear(policy, token)).code, `jwt.${code}`);
  });
}
