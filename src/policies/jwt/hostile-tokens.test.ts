import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import { bear, CLAIMS, createPolicy, encode, HEADER, NOW, SECRET, sign } from "./testing.ts";

const good = sign();
const [head, body, signature] = good.split(".") as [string, string, string];

/** Signs raw parts that need not be what base64url makes of anything. */
function signParts(header: string, claims: string): string {
  const input = `${header}.${claims}`;
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

/** Changes the last character of a 43-character part, keeping the bytes that a lenient decoder reads. */
function alias(part: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const at = alphabet.indexOf(part.at(-1)!);
  return part.slice(0, -1) + alphabet[(at & ~3) | ((at + 1) & 3)]!;
}

const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
const deep = `{"sub":"1","exp":${NOW + 60},"a":${"[".repeat(500)}${"]".repeat(500)}}`;
const without = (name: keyof typeof CLAIMS): object =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

const hostile: readonly (readonly [what: string, token: string, code: string])[] = [
  // The page's own form: two parts, and a signature cut to 16 hexadecimal digits.
  [
    "two parts",
    `${encode(CLAIMS)}.${createHmac("sha256", SECRET).update(encode(CLAIMS)).digest("hex").slice(0, 16)}`,
    "malformed",
  ],
  ["a signature cut to 16 characters", `${head}.${body}.${signature.slice(0, 16)}`, "signature"],
  [
    "a signature cut to 16 bytes",
    `${head}.${body}.${Buffer.from(signature, "base64url").subarray(0, 16).toString("base64url")}`,
    "signature",
  ],
  [
    "a signature in hexadecimal",
    `${head}.${body}.${Buffer.from(signature, "base64url").toString("hex")}`,
    "signature",
  ],
  ["a signature of a single byte", `${head}.${body}.AA`, "signature"],
  ["a signature of zeros", `${head}.${body}.${Buffer.alloc(32).toString("base64url")}`, "signature"],
  [
    "a signature with a byte more",
    `${head}.${body}.${Buffer.concat([Buffer.from(signature, "base64url"), Buffer.alloc(1)]).toString("base64url")}`,
    "signature",
  ],
  ["no signature", `${head}.${body}.`, "malformed"],
  ["no signature and no dot", `${head}.${body}`, "malformed"],
  ["no header", `.${body}.${signature}`, "malformed"],
  ["no payload", `${head}..${signature}`, "malformed"],
  ["dots alone", "..", "malformed"],
  ["one word", "token", "malformed"],
  ["four parts", `${good}.${signature}`, "malformed"],
  [
    "five parts, as an encrypted token has",
    `${encode({ alg: "dir", enc: "A256GCM" })}..AAAA.AAAA.AAAA`,
    "malformed",
  ],
  ["a dot at the end", `${good}.`, "malformed"],
  ["a dot in front", `.${good}`, "malformed"],
  ["another secret", sign(CLAIMS, HEADER, `${SECRET}!`), "signature"],
  ["an empty secret", sign(CLAIMS, HEADER, ""), "signature"],
  ["claims changed after signing", `${head}.${encode({ ...CLAIMS, sub: "2" })}.${signature}`, "signature"],
  ["a header changed after signing", `${encode({ ...HEADER, kid: "1" })}.${body}.${signature}`, "signature"],
  ["header and payload exchanged", `${body}.${head}.${signature}`, "malformed"],

  // Spellings that lenient decoders take for the same token.
  ["a space before", ` ${good}`, "malformed"],
  ["a space after", `${good} `, "malformed"],
  ["a space inside", `${head}. ${body}.${signature}`, "malformed"],
  ["a tab inside", `${head}.${body}\t.${signature}`, "malformed"],
  ["a line feed inside", `${head}.${body}\n.${signature}`, "malformed"],
  ["a no-break space inside", `${head}.${body}\u00a0.${signature}`, "malformed"],
  ["padding", `${head}.${body}.${signature}=`, "malformed"],
  ["padding in the payload", signParts(head, `${body}==`), "malformed"],
  ["padding in percent encoding", `${head}.${body}.${signature}%3D`, "malformed"],
  [
    "the alphabet of base64",
    signParts(
      head,
      encode({ ...CLAIMS, a: "???>>>~~~" })
        .replaceAll("_", "/")
        .replaceAll("-", "+"),
    ),
    "malformed",
  ],
  ["bits beyond the signature", `${head}.${body}.${alias(signature)}`, "malformed"],
  ["a part whose length no bytes have", `${head}.${body}.AAAAA`, "malformed"],
  ["a NUL inside", `${head}.${body}.${signature}\0`, "malformed"],
  ["another token behind a comma", `${good}, Bearer ${good}`, "malformed"],
  ["quotes", `"${good}"`, "malformed"],

  // Algorithms.
  ["alg none without signature", `${encode({ alg: "none" })}.${body}.`, "malformed"],
  ["alg none with a signature", `${encode({ alg: "none" })}.${body}.${signature}`, "algorithm"],
  ["alg None", sign(CLAIMS, { alg: "None" }), "algorithm"],
  ["alg nOnE", sign(CLAIMS, { alg: "nOnE" }), "algorithm"],
  ["alg hs256", sign(CLAIMS, { alg: "hs256" }), "algorithm"],
  ["alg HS256 with a space", sign(CLAIMS, { alg: "HS256 " }), "algorithm"],
  ["alg HS512, not in the list", sign(CLAIMS, { alg: "HS512" }), "algorithm"],
  ["alg RS256, which does not fit the key", sign(CLAIMS, { alg: "RS256" }), "algorithm"],
  ["alg of an object's prototype", sign(CLAIMS, { alg: "constructor" }), "algorithm"],
  ["an empty alg", sign(CLAIMS, { alg: "" }), "algorithm"],
  ["no alg", sign(CLAIMS, { typ: "JWT" }), "malformed"],
  ["alg of another type", sign(CLAIMS, { alg: ["HS256"] }), "malformed"],
  ["alg null", sign(CLAIMS, { alg: null }), "malformed"],
  [
    "the key's own in jwk",
    await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "ES256", jwk: other.publicKey.export({ format: "jwk" }) })
      .sign(other.privateKey),
    "algorithm",
  ],
  [
    "a secret of its own in jwk",
    sign(CLAIMS, { alg: "HS256", jwk: { kty: "oct", k: encode("mine") } }, "mine"),
    "signature",
  ],
  [
    "a key elsewhere in jku",
    sign(CLAIMS, { alg: "HS256", jku: "https://attacker.example/keys" }, "mine"),
    "signature",
  ],
  [
    "certificates in x5c and x5u",
    sign(CLAIMS, { alg: "HS256", x5c: ["AAAA"], x5u: "https://attacker.example/" }, "mine"),
    "signature",
  ],
  [
    "kid as a path to a file with known content",
    sign(CLAIMS, { alg: "HS256", kid: "../../dev/null" }, ""),
    "signature",
  ],

  // Headers.
  ["crit", sign(CLAIMS, { alg: "HS256", crit: ["exp"], exp: NOW + 60 }), "malformed"],
  ["an empty crit", sign(CLAIMS, { alg: "HS256", crit: [] }), "malformed"],
  ["b64 false, critical", sign(CLAIMS, { alg: "HS256", b64: false, crit: ["b64"] }), "malformed"],
  ["b64 false, not critical", sign(CLAIMS, { alg: "HS256", b64: false }), "malformed"],
  ["enc", sign(CLAIMS, { alg: "HS256", enc: "A128GCM" }), "malformed"],
  ["a header with alg twice", sign(CLAIMS, '{"alg":"none","alg":"HS256"}'), "malformed"],
  ["a header with alg twice, once escaped", sign(CLAIMS, '{"alg":"HS256","\\u0061lg":"HS256"}'), "malformed"],
  ["a header that is a list", sign(CLAIMS, '["HS256"]'), "malformed"],
  ["a header that is null", sign(CLAIMS, "null"), "malformed"],
  ["a header that is no JSON", sign(CLAIMS, "alg=HS256"), "malformed"],
  [
    "a header with bytes that are not UTF-8",
    signParts(Buffer.from('{"alg":"HS256","a":"\xff"}', "latin1").toString("base64url"), body),
    "malformed",
  ],
  ["a header with alg inherited", sign(CLAIMS, '{"__proto__":{"alg":"HS256"}}'), "malformed"],
  ["the typ of an id token's cousin", sign(CLAIMS, { alg: "HS256", typ: "logout+jwt" }), "type"],
  ["the typ of a proof of possession", sign(CLAIMS, { alg: "HS256", typ: "dpop+jwt" }), "type"],
  ["a typ of another type", sign(CLAIMS, { alg: "HS256", typ: 1 }), "type"],
  ["an empty typ", sign(CLAIMS, { alg: "HS256", typ: "" }), "type"],

  // Payloads.
  ["claims that are a list", sign("[]"), "malformed"],
  ["claims that are text", sign('"admin"'), "malformed"],
  ["claims that are null", sign("null"), "malformed"],
  ["claims that are no JSON", sign("sub=1"), "malformed"],
  ["claims cut short", sign(JSON.stringify(CLAIMS).slice(0, -1)), "malformed"],
  ["claims behind a byte order mark", sign(`\ufeff${JSON.stringify(CLAIMS)}`), "malformed"],
  [
    "claims that are not UTF-8",
    signParts(head, Buffer.from('{"sub":"\xe9"}', "latin1").toString("base64url")),
    "malformed",
  ],
  ["sub twice", sign(`{"sub":"1","sub":"2","exp":${NOW + 60}}`), "malformed"],
  [
    "role twice, once escaped",
    sign(`{"sub":"1","role":"user","\\u0072ole":"admin","exp":${NOW + 60}}`),
    "malformed",
  ],
  ["exp twice", sign(`{"sub":"1","exp":1,"exp":${NOW + 60}}`), "malformed"],
  ["a nested member twice", sign(`{"sub":"1","a":{"b":1,"b":2},"exp":${NOW + 60}}`), "malformed"],
  ["nesting without end", sign(deep), "malformed"],
  ["a token beyond the bound", sign({ ...CLAIMS, a: "x".repeat(8192) }), "malformed"],

  ["a key that its client must prove to have", sign({ ...CLAIMS, cnf: { jkt: "AAAA" } }), "type"],
  ["a certificate that its client must have", sign({ ...CLAIMS, cnf: { "x5t#S256": "AAAA" } }), "type"],
  ["a cnf of another type", sign({ ...CLAIMS, cnf: false }), "type"],

  // Times.
  ["no exp", sign(without("exp")), "claim_missing"],
  ["exp null", sign({ ...CLAIMS, exp: null }), "claim_missing"],
  ["exp as text", sign({ ...CLAIMS, exp: String(NOW + 60) }), "claim_type"],
  ["exp as a list", sign({ ...CLAIMS, exp: [NOW + 60] }), "claim_type"],
  ["exp infinite", sign('{"sub":"1","exp":1e999}'), "claim_type"],
  ["exp in milliseconds", sign({ ...CLAIMS, exp: (NOW + 60) * 1000 }), "claim_type"],
  ["exp negative", sign({ ...CLAIMS, exp: -1 }), "claim_type"],
  ["exp zero", sign({ ...CLAIMS, exp: 0 }), "expired"],
  ["exp now", sign({ ...CLAIMS, exp: NOW }), "expired"],
  ["exp a second ago", sign({ ...CLAIMS, exp: NOW - 1 }), "expired"],
  ["nbf in a second", sign({ ...CLAIMS, nbf: NOW + 1 }), "not_yet_valid"],
  ["nbf as text", sign({ ...CLAIMS, nbf: "0" }), "claim_type"],
  ["nbf after exp", sign({ ...CLAIMS, nbf: NOW + 7200 }), "not_yet_valid"],
  ["iat in an hour", sign({ ...CLAIMS, iat: NOW + 3600, exp: NOW + 7200 }), "not_yet_valid"],
  ["iat as text", sign({ ...CLAIMS, iat: "yesterday" }), "claim_type"],

  // Who and for whom.
  ["no sub", sign(without("sub")), "claim_missing"],
  ["sub null", sign({ ...CLAIMS, sub: null }), "claim_missing"],
  ["sub as a number", sign({ ...CLAIMS, sub: 1 }), "claim_type"],
  ["sub as an object", sign({ ...CLAIMS, sub: { id: "1" } }), "claim_type"],
  ["sub as a list", sign({ ...CLAIMS, sub: ["1"] }), "claim_type"],
  ["sub true", sign({ ...CLAIMS, sub: true }), "claim_type"],
  ["sub empty", sign({ ...CLAIMS, sub: "" }), "claim_type"],
  ["sub inherited", sign(`{"__proto__":{"sub":"1"},"exp":${NOW + 60}}`), "claim_missing"],
  ["sub with a new line", sign({ ...CLAIMS, sub: "1\r\nx-user-role: admin" }), "claim_type"],
  ["sub with a NUL", sign({ ...CLAIMS, sub: "1\0" }), "claim_type"],
  ["sub with a blank that receivers strip", sign({ ...CLAIMS, sub: " 1" }), "claim_type"],
  ["sub with a no-break space at its end", sign({ ...CLAIMS, sub: "1\u00a0" }), "claim_type"],
  ["sub with half a surrogate pair", sign('{"sub":"\\ud800","exp":9999999999}'), "claim_type"],
  ["role as an object", sign({ ...CLAIMS, role: { admin: true } }), "claim_type"],
  ["role as a list with a comma inside", sign({ ...CLAIMS, role: ["user,admin"] }), "claim_type"],
  [
    "role as a number that was rounded",
    sign('{"sub":"1","role":9007199254740993,"exp":9999999999}'),
    "claim_type",
  ],
  ["scope as an object", sign({ ...CLAIMS, scope: {} }), "claim_type"],
  ["scope as a list of numbers", sign({ ...CLAIMS, scope: [1] }), "claim_type"],
  ["another issuer", sign({ ...CLAIMS, iss: "https://other.example" }), "issuer"],
  ["no issuer", sign(CLAIMS), "claim_missing"],
  ["an issuer as a list", sign({ ...CLAIMS, iss: ["https://issuer.example"] }), "issuer"],
  ["an issuer with a slash more", sign({ ...CLAIMS, iss: "https://issuer.example/" }), "issuer"],
  ["an audience of others", sign({ ...CLAIMS, aud: "billing" }), "audience"],
  ["an aud where the gateway has no name of its own", sign({ ...CLAIMS, aud: "api" }), "audience"],
  ["an empty list of audiences", sign({ ...CLAIMS, aud: [] }), "audience"],
  ["audiences of another type", sign({ ...CLAIMS, aud: ["api", 1] }), "claim_type"],
  ["no audience", sign(CLAIMS), "claim_missing"],
  ["no tenant", sign(CLAIMS), "claim_missing"],
];

/** Rows that need more config than a secret. */
const configs: Readonly<Record<string, object>> = {
  issuer: { issuer: "https://issuer.example" },
  audience: { audience: "api" },
  tenant: { requiredClaims: ["tenant"] },
};

test("the token that the hostile ones are made from passes", async () => {
  const { policy } = createPolicy({ claimsToHeaders: { sub: "x-user-id", role: "x-user-role" } });
  assert.equal((await bear(policy, good)).code, "");
});

for (const [what, token, code] of hostile) {
  test(`refuses ${what} (${code})`, async () => {
    const config = Object.entries(configs).find(([name]) => what.includes(name))?.[1];
    const { policy } = createPolicy({
      claimsToHeaders: { sub: "x-user-id", role: "x-user-role" },
      ...config,
    });
    for (const time of ["first", "second"]) {
      const { x, reply, code: given } = await bear(policy, token);
      assert.equal(given, `jwt.${code}`, `the ${time} time`);
      assert.equal(reply?.status, 401);
      assert.equal(reply.refusal?.kind.title, "Invalid or expired token");
      assert.match(
        reply.headers?.[1] ?? "",
        /^Bearer realm="portcullis", error="invalid_token", error_description="[^"\\]+"$/,
      );
      assert.equal(x.caller, undefined);
      assert.equal(x.forwardHeaders, undefined);
    }
  });
}
