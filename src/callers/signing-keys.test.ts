import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { SIGNATURE_ALGORITHMS } from "../lib/signature-algorithms.ts";
import { testPrivateKey, toJwk, toPem } from "../testing/private-keys.ts";
import { SimulatedClock } from "../simulation/simulated-host.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { createSigningKey, SigningKeys, type SigningKeyConfig } from "./signing-keys.ts";

function signingKeys(configs: readonly SigningKeyConfig[], clock = new SimulatedClock()): SigningKeys {
  return new SigningKeys(configs.map(createSigningKey), clock);
}

function publicJwks(keys: SigningKeys): Parameters<typeof createLocalJWKSet>[0] {
  return JSON.parse(JSON.stringify({ keys: keys.published })) as Parameters<typeof createLocalJWKSet>[0];
}

for (const algorithm of SIGNATURE_ALGORITHMS) {
  test(`${algorithm}: whoever has what is published can verify`, async () => {
    const keys = signingKeys([{ privateKey: toPem(testPrivateKey(algorithm)), algorithm }]);
    const token = await keys.sign({ sub: "a" }, "at+jwt");
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(publicJwks(keys)), {
      algorithms: [algorithm],
      typ: "at+jwt",
    });
    assert.deepEqual(payload, { sub: "a" });
    assert.deepEqual(protectedHeader, { alg: algorithm, typ: "at+jwt", kid: keys.published[0]!.kid });
  });
}

test("the first key whose time has come signs, and all are published", async () => {
  const clock = new SimulatedClock();
  const [newest, next, old] = ["ES256", "EdDSA", "ES384"] as const;
  const startMs = clock.wall();
  const keys = signingKeys(
    [
      { privateKey: toPem(testPrivateKey(newest)), algorithm: newest, kid: "c", signsFrom: startMs + 2000 },
      { privateKey: toPem(testPrivateKey(next)), algorithm: next, kid: "b", signsFrom: startMs + 1000 },
      { privateKey: toPem(testPrivateKey(old)), algorithm: old, kid: "a" },
    ],
    clock,
  );
  const verify = createLocalJWKSet(publicJwks(keys));
  const kids: (string | undefined)[] = [];
  const tokens: string[] = [];
  for (const ms of [0, 999, 1, 999, 1]) {
    clock.advance(ms);
    const token = await keys.sign({}, "at+jwt");
    tokens.push(token);
    kids.push(decodeProtectedHeader(token).kid);
  }
  assert.deepEqual(kids, ["a", "a", "b", "b", "c"]);
  assert.deepEqual(
    keys.published.map((key) => key.kid),
    ["c", "b", "a"],
  );
  for (const token of tokens) await jwtVerify(token, verify);
});

test("a clock that was set back lets the oldest key sign", async () => {
  const clock = new SimulatedClock();
  const keys = signingKeys(
    [
      {
        privateKey: toPem(testPrivateKey("ES256")),
        algorithm: "ES256",
        kid: "b",
        signsFrom: clock.wall() + 2,
      },
      {
        privateKey: toPem(testPrivateKey("ES256")),
        algorithm: "ES256",
        kid: "a",
        signsFrom: clock.wall() + 1,
      },
    ],
    clock,
  );
  assert.equal(decodeProtectedHeader(await keys.sign({}, "JWT")).kid, "a");
});

function kidOf(privateKey: string, kid?: string): string {
  return createSigningKey({ privateKey, algorithm: "ES256", kid }).kid;
}

test("a kid is what the config says, or what the JWK does, or the thumbprint", () => {
  const key = testPrivateKey("ES256");
  assert.equal(kidOf(toPem(key), "a"), "a");
  assert.equal(kidOf(toJwk(key), "a"), "a");
  assert.equal(kidOf(toJwk(key, { kid: "a" })), "a");
  assert.equal(kidOf(toJwk(key, { kid: "a" }), "a"), "a");
  assert.match(kidOf(toPem(key)), /^[A-Za-z0-9_-]{43}$/);
  assert.equal(kidOf(toPem(key)), kidOf(toJwk(key)));
});

const key = testPrivateKey("ES256");
const refused: readonly (readonly [what: string, config: object, path: string, message: RegExp])[] = [
  ["a key that cannot be used", { privateKey: "correct horse" }, "privateKey", /^privateKey is neither/],
  ["two kids", { privateKey: toJwk(key, { kid: "b" }), kid: "a" }, "kid", /another kid/],
  ["a kid that is no text", { privateKey: toJwk(key, { kid: 1 }) }, "privateKey", /a kid that is not/],
  ["an empty kid", { privateKey: toJwk(key, { kid: "" }) }, "privateKey", /a kid that is not/],
  ["a kid with a blank", { privateKey: toJwk(key, { kid: "a b" }) }, "privateKey", /a kid that is not/],
  [
    "a kid that is too long",
    { privateKey: toJwk(key, { kid: "a".repeat(129) }) },
    "privateKey",
    /a kid that/,
  ],
  ["a kid with a line end", { privateKey: toJwk(key, { kid: "a\n" }) }, "privateKey", /a kid that is not/],
];

for (const [what, config, path, message] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => createSigningKey({ privateKey: toPem(key), algorithm: "ES256", ...config }),
      (error) => {
        assert.ok(error instanceof ConfigMistake, String(error));
        assert.match(error.message, message);
        assert.deepEqual(error.path, [path]);
        assert.ok(error.hint);
        return true;
      },
    );
  });
}
