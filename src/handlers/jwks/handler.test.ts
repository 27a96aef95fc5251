import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../core/handler.ts";
import { createSigningKey, SigningKeys, type SigningKeyConfig } from "../../callers/signing-keys.ts";
import { SIGNATURE_ALGORITHMS } from "../../lib/signature-algorithms.ts";
import { testExchange } from "../../testing/exchange.ts";
import { testPrivateKey, toJwk, toPem } from "../../testing/private-keys.ts";
import { SimulatedClock } from "../../simulation/simulated-host.ts";
import { testAround } from "../../testing/around.ts";
import { jwksHandler } from "./handler.ts";
import { jwksConfig } from "./schema.ts";

/** What there is to know of a public key, and no more. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ["alg", "e", "kid", "kty", "n", "use"],
  EC: ["alg", "crv", "kid", "kty", "use", "x", "y"],
  OKP: ["alg", "crv", "kid", "kty", "use", "x"],
};

function list(...configs: SigningKeyConfig[]): SigningKeys {
  return new SigningKeys(configs.map(createSigningKey), new SimulatedClock());
}

function create(config: object, signingKeys: ReadonlyMap<string, SigningKeys>): Handler {
  return jwksHandler.create(jwksConfig.parse(config), testAround({ signingKeys }));
}

function keysOf(config: object, sets: Readonly<Record<string, SigningKeys>>): Record<string, unknown>[] {
  const reply = create(config, new Map(Object.entries(sets))).handle(testExchange());
  assert.ok(reply !== undefined && !(reply instanceof Promise) && reply.body instanceof Uint8Array);
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.headers, [
    "content-type",
    "application/jwk-set+json",
    "cache-control",
    "public, max-age=300",
  ]);
  const set = JSON.parse(Buffer.from(reply.body).toString()) as { keys: Record<string, unknown>[] };
  assert.deepEqual(Object.keys(set), ["keys"]);
  return set.keys;
}

for (const algorithm of SIGNATURE_ALGORITHMS) {
  test(`${algorithm}: nothing is published but the public key, its name and its use`, () => {
    const key = testPrivateKey(algorithm);
    const privateMembers = key.export({ format: "jwk" });
    // A JWK may say more, also of its own; none of it goes out.
    const jwk = toJwk(key, {
      ext: true,
      key_ops: ["sign"],
      x5c: ["MIIB"],
      note: "secret",
      "x5t#S256": "AAAA",
    });
    for (const privateKey of [toPem(key), jwk]) {
      const [published, ...others] = keysOf({ signingKeys: "a" }, { a: list({ privateKey, algorithm }) });
      assert.equal(others.length, 0);
      assert.deepEqual(Object.keys(published!).toSorted(), MEMBERS[String(published!["kty"])]);
      assert.deepEqual([published!["alg"], published!["use"]], [algorithm, "sig"]);
      const text = JSON.stringify(published);
      for (const name of ["d", "p", "q", "dp", "dq", "qi"] as const) {
        const value = privateMembers[name];
        assert.ok(value === undefined || !text.includes(value), name);
      }
    }
  });
}

const es256 = (kid: string, signsFrom?: number): SigningKeyConfig => ({
  privateKey: toPem(testPrivateKey("ES256")),
  algorithm: "ES256",
  kid,
  signsFrom,
});

test("keys are published that no longer sign or do not yet, and only those of the lists that are named", () => {
  const sets = {
    a: list(es256("a2", Date.UTC(2100)), es256("a1")),
    b: list(es256("b1")),
    c: list(es256("c1")),
  };
  const kids = (signingKeys: string | string[]): unknown[] =>
    keysOf({ signingKeys }, sets).map((key) => key["kid"]);
  assert.deepEqual(kids("a"), ["a2", "a1"]);
  assert.deepEqual(kids(["b", "a"]), ["b1", "a2", "a1"]);
  assert.deepEqual(kids(["b", "b"]), ["b1"]);
});

test("a list that does not exist is told of with those that do", () => {
  const sets = new Map([["a", list(es256("a1"))]]);
  const name = "ConfigMistake";
  assert.throws(() => create({ signingKeys: "b" }, sets), {
    name,
    path: ["signingKeys"],
    hint: "the config has: a",
  });
  assert.throws(() => create({ signingKeys: ["a", "b"] }, sets), { name, path: ["signingKeys", 1] });
  assert.throws(() => create({ signingKeys: "__proto__" }, new Map()), { name, hint: /signingKeys/ });
});

for (const config of [{}, { signingKeys: [] }, { signingKeys: "" }, { signingKeys: true }, { keys: "a" }]) {
  test(`the schema refuses ${JSON.stringify(config)}`, () =>
    assert.ok(!jwksConfig.safeParse(config).success));
}
