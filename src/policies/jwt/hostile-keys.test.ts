import assert from "node:assert/strict";
import { constants, createHmac, generateKeyPairSync, sign as signWithKey, type KeyObject } from "node:crypto";
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
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed25519 = generateKeyPairSync("ed25519");
const k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
const jwkOf = (key: KeyObject, more: object = {}): Jwk => ({ ...key.export({ format: "jwk" }), ...more });
const rsaJwk = jwkOf(rsa.publicKey, { kid: "rsa", use: "sig" });

/** A token with any header, signed with any key. */
function signed(header: object, key: KeyObject, hash: string | null = "sha256"): string {
  const input = `${encode(header)}.${encode({ ...CLAIMS, iss: ISSUER })}`;
  const signature = signWithKey(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

function mac(header: object, secret: string | Buffer): string {
  const input = `${encode(header)}.${encode({ ...CLAIMS, iss: ISSUER })}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** The order of the group of P-256. */
const ORDER = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
const set = [good.jwk, rsaJwk];
const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
const der = rsa.publicKey.export({ type: "spki", format: "der" });
const es = (more: object, key = evil.privateKey): string =>
  signed({ alg: "ES256", kid: "good", ...more }, key);
const text = JSON.stringify({ keys: set });
const elsewhere = "https://evil.example/keys.json";

const hostile: readonly (readonly [what: string, token: string, code: string])[] = [
  // Games with kid: it is looked up, and nothing else.
  ["a kid that nobody has", issue(good, {}, { kid: "nobody" }), "key_unknown"],
  ["an empty kid", issue(good, {}, { kid: "" }), "key_unknown"],
  ["a kid in another case", issue(good, {}, { kid: "GOOD" }), "key_unknown"],
  ["a kid with a blank", issue(good, {}, { kid: "good " }), "key_unknown"],
  ["a kid with a NUL", issue(good, {}, { kid: "good\0" }), "key_unknown"],
  ["a kid as a path", issue(evil, {}, { kid: "../../../../dev/null" }), "key_unknown"],
  ["a kid as a path to the set", issue(evil, {}, { kid: "/keys/0" }), "key_unknown"],
  ["a kid as an index", issue(good, {}, { kid: "0" }), "key_unknown"],
  ["a kid as a URL", issue(evil, {}, { kid: elsewhere }), "key_unknown"],
  ["a kid as a file URL", issue(evil, {}, { kid: "file:///dev/null" }), "key_unknown"],
  ["a kid as SQL", issue(evil, {}, { kid: "x' UNION SELECT 'key';--" }), "key_unknown"],
  ["a kid as a command", issue(evil, {}, { kid: "key|sleep 10" }), "key_unknown"],
  ["a kid as LDAP", issue(evil, {}, { kid: "*)(uid=*" }), "key_unknown"],
  ["a kid as a template", issue(evil, {}, { kid: "${7*7}{{7*7}}" }), "key_unknown"],
  ["a kid with line ends", issue(evil, {}, { kid: "a\r\nx: y" }), "key_unknown"],
  ["the kid __proto__", issue(evil, {}, { kid: "__proto__" }), "key_unknown"],
  ["the kid constructor", issue(evil, {}, { kid: "constructor" }), "key_unknown"],
  ["the kid toString", issue(evil, {}, { kid: "toString" }), "key_unknown"],
  ["the kid hasOwnProperty", issue(evil, {}, { kid: "hasOwnProperty" }), "key_unknown"],
  ["a long kid", issue(evil, {}, { kid: "k".repeat(4000) }), "key_unknown"],
  ["the kid of another key of the set", issue(good, {}, { kid: "rsa" }), "key_unknown"],
  ["a kid that is a number", issue(good, {}, { kid: 1 }), "malformed"],
  ["a kid that is null", issue(good, {}, { kid: null }), "malformed"],
  ["a kid that is a list", issue(good, {}, { kid: ["good"] }), "malformed"],
  ["a kid that is an object", issue(good, {}, { kid: { good: true } }), "malformed"],
  [
    "a kid twice",
    signed({ alg: "ES256", kid: "good" }, good.privateKey).replace(
      /^[^.]+/,
      encode('{"alg":"ES256","kid":"other","kid":"good"}'),
    ),
    "malformed",
  ],

  // Keys that the token brings or names.
  ["a key of its own in jwk", es({ jwk: evil.jwk }), "signature"],
  ["a key of its own in jwk, and no kid", es({ jwk: evil.jwk, kid: undefined }), "signature"],
  [
    "a key of its own in jwk, and its kid",
    es({ jwk: other.jwk, kid: "other" }, other.privateKey),
    "key_unknown",
  ],
  ["a key set in jku", es({ jku: elsewhere }), "signature"],
  ["a key set in jku, and its kid", es({ jku: elsewhere, kid: "other" }, other.privateKey), "key_unknown"],
  ["a jku of the issuer's host", es({ jku: `${KEYS_URL}@evil.example` }), "signature"],
  ["certificates in x5c", es({ x5c: ["MIIB"] }), "signature"],
  ["a certificate in x5u", es({ x5u: elsewhere }), "signature"],
  ["a thumbprint in x5t", es({ x5t: "AAAA", "x5t#S256": "AAAA" }), "signature"],
  ["another set in the claim jwks_uri", issue(evil, { jwks_uri: elsewhere }), "signature"],
  ["an issuer of its own", issue(evil, { iss: "https://evil.example" }), "issuer"],
  ["an issuer with credentials", issue(evil, { iss: "https://id.example.com@evil.example" }), "issuer"],
  ["an issuer with a slash more", issue(good, { iss: `${ISSUER}/` }), "issuer"],
  ["an issuer with a port", issue(good, { iss: `${ISSUER}:443` }), "issuer"],
  ["an issuer in another case", issue(good, { iss: ISSUER.toUpperCase() }), "issuer"],
  ["the issuers in a list", issue(good, { iss: [ISSUER] }), "issuer"],

  // What is public is no secret.
  ["HS256 with the key as PEM", mac({ alg: "HS256", kid: "rsa" }, pem), "algorithm"],
  ["HS256 with the key as DER", mac({ alg: "HS256", kid: "rsa" }, der), "algorithm"],
  ["HS256 with the modulus", mac({ alg: "HS256", kid: "rsa" }, String(rsaJwk["n"])), "algorithm"],
  [
    "HS256 with the modulus' bytes",
    mac({ alg: "HS256", kid: "rsa" }, Buffer.from(String(rsaJwk["n"]), "base64url")),
    "algorithm",
  ],
  ["HS256 with the key as JSON", mac({ alg: "HS256", kid: "rsa" }, JSON.stringify(rsaJwk)), "algorithm"],
  ["HS256 with the whole set", mac({ alg: "HS256", kid: "rsa" }, text), "algorithm"],
  [
    "HS256 with x of the EC key",
    mac({ alg: "HS256", kid: "good" }, Buffer.from(String(good.jwk["x"]), "base64url")),
    "algorithm",
  ],
  ["HS256 with nothing", mac({ alg: "HS256", kid: "rsa" }, ""), "algorithm"],
  ["RS256 in name, and a MAC with the key", mac({ alg: "RS256", kid: "rsa" }, pem), "signature"],
  [
    "ES256 in name, and a MAC with the key",
    mac({ alg: "ES256", kid: "good" }, JSON.stringify(good.jwk)),
    "signature",
  ],

  // Algorithms that do not fit the key.
  [
    "alg none",
    `${encode({ alg: "none", kid: "good" })}.${encode({ ...CLAIMS, iss: ISSUER })}.AAAA`,
    "algorithm",
  ],
  ["RS256 with the kid of an EC key", signed({ alg: "RS256", kid: "good" }, rsa.privateKey), "key_unknown"],
  ["ES256 with the kid of an RSA key", signed({ alg: "ES256", kid: "rsa" }, good.privateKey), "key_unknown"],
  [
    "ES384 with the kid of a P-256 key",
    signed({ alg: "ES384", kid: "good" }, p384.privateKey, "sha384"),
    "key_unknown",
  ],
  [
    "ES384 in name, with the P-256 key",
    signed({ alg: "ES384", kid: "good" }, good.privateKey, "sha384"),
    "key_unknown",
  ],
  [
    "EdDSA with the kid of an EC key",
    signed({ alg: "EdDSA", kid: "good" }, ed25519.privateKey, null),
    "key_unknown",
  ],
  ["PS256 in name, PKCS#1 in fact", signed({ alg: "PS256", kid: "rsa" }, rsa.privateKey), "signature"],
  ["PS256 with a short salt", pss(20), "signature"],
  ["PS256 without salt", pss(0), "signature"],
  ["PS256 with the longest salt", pss(constants.RSA_PSS_SALTLEN_MAX_SIGN), "signature"],
  [
    "bits behind the signature",
    issue(good).replace(/.$/, (last) => ALPHABET[ALPHABET.indexOf(last) + 4]!),
    "malformed",
  ],
  ["ES256K", signed({ alg: "ES256K", kid: "good" }, k1.privateKey), "algorithm"],
  ["RSA1_5", signed({ alg: "RSA1_5", kid: "rsa" }, rsa.privateKey), "algorithm"],
  ["the algorithm __proto__", signed({ alg: "__proto__", kid: "good" }, good.privateKey), "algorithm"],
  ["zeros", `${issue(good).replace(/[^.]+$/, "")}${"A".repeat(86)}`, "signature"],
  ["zeros for r", halved((r, s) => [Buffer.alloc(r.length), s]), "signature"],
  ["zeros for s", halved((r, s) => [r, Buffer.alloc(s.length)]), "signature"],
  ["r and s exchanged", halved((r, s) => [s, r]), "signature"],
  ["a byte more", halved((r, s) => [r, Buffer.concat([s, Buffer.alloc(1)])]), "signature"],
  ["a byte less", halved((r, s) => [r, s.subarray(1)]), "signature"],
  ["the group's order for both", halved(() => [ORDER, ORDER]), "signature"],
  [
    "the signature of another token",
    issue(good).replace(/[^.]+$/, issue(good, { sub: "2" }).split(".")[2]!),
    "signature",
  ],
];

/** A good token of which the two numbers of the signature were changed. */
function halved(change: (r: Buffer, s: Buffer) => [Buffer, Buffer]): string {
  const token = issue(good);
  const at = token.lastIndexOf(".") + 1;
  const signature = Buffer.from(token.slice(at), "base64url");
  const changed = Buffer.concat(change(signature.subarray(0, 32), signature.subarray(32)));
  return token.slice(0, at) + changed.toString("base64url");
}

/** PSS with another salt than the one that JWS has. */
function pss(saltLength: number): string {
  const input = `${encode({ alg: "PS256", kid: "rsa" })}.${encode({ ...CLAIMS, iss: ISSUER })}`;
  const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return `${input}.${signWithKey("sha256", Buffer.from(input), key).toString("base64url")}`;
}

describe("with an issuer's keys, a token is refused with", () => {
  for (const [what, token, code] of hostile) {
    test(`${what} (${code})`, async () => {
      const issuers = new SimulatedIssuers();
      issuers.answers.set(KEYS_URL, { body: text });
      const { policy } = createRemotePolicy(issuers);
      assert.equal((await bear(policy, issue(good))).code, "", "the one that they are made from passes");
      for (const time of ["first", "second", "third"]) {
        const { x, reply, code: given } = await bear(policy, token);
        assert.equal(given, `jwt.${code}`, `the ${time} time`);
        assert.equal(reply?.status, 401);
        assert.equal(x.caller, undefined);
      }
      assert.ok(issuers.requests.every(({ url }) => url.startsWith(ISSUER) || url === KEYS_URL));
      await policy.close?.();
    });
  }
});
