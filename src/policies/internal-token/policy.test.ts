import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, test } from "node:test";
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import type { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import { PolicyConfigError, type Policy } from "../../core/policy.ts";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { internalTokenPolicy } from "./policy.ts";
import { internalTokenConfig } from "./schema.ts";

type Config = z.input<typeof internalTokenConfig>;

const SECRET = "a secret that is long enough for HMAC with SHA-256";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed25519 = generateKeyPairSync("ed25519");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" });
}

function create(config: Partial<Config> = {}) {
  const host = simulatedHost();
  const parsed = internalTokenConfig.parse({
    signingKey: SECRET,
    algorithm: "HS256",
    issuer: "gateway",
    ...config,
  });
  return { policy: internalTokenPolicy.create(parsed, host), clock: host.clock };
}

function callerOf(more: Partial<Caller> = {}): Caller {
  return { kind: "jwt", id: "alice", claims: {}, scopes: [], ...more };
}

/** Runs the request hook; the header and the token of what goes to the service. */
async function send(policy: Policy, caller: Caller | undefined, service = "orders") {
  const x = testExchange();
  x.caller = caller;
  x.route = { ...x.route, service };
  const outcome = policy.request!(x);
  const synchronous = outcome === undefined;
  assert.equal(await outcome, undefined);
  const [header, token = ""] = x.forwardHeaders ?? [];
  return { header, token, synchronous, fields: x.forwardHeaders };
}

const NOW = Date.UTC(2026, 0, 1) / 1000;

describe("internalToken", () => {
  const keys: readonly (readonly [Config["algorithm"], { publicKey: KeyObject; privateKey: KeyObject }])[] = [
    ["ES256", ec],
    ["EdDSA", ed25519],
    ["RS256", rsa],
  ];
  for (const [algorithm, { privateKey, publicKey }] of keys) {
    test(`${algorithm}: a service verifies it with the public half, and finds the key by its thumbprint`, async () => {
      const { policy, clock } = create({ algorithm, signingKey: pem(privateKey) });
      const { header, token } = await send(policy, callerOf());
      assert.equal(header, "x-internal-token");
      const { protectedHeader } = await jwtVerify(token, publicKey, {
        issuer: "gateway",
        audience: "orders",
        typ: "internal+jwt",
        algorithms: [algorithm],
        currentDate: new Date(clock.wall()),
      });
      const kid = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }));
      assert.deepEqual(protectedHeader, { alg: algorithm, typ: "internal+jwt", kid });
    });
  }

  test("HS256: services share the secret; there is no kid unless it is configured", async () => {
    for (const keyId of [undefined, "k1"]) {
      const { policy, clock } = create(keyId === undefined ? {} : { keyId });
      const { token } = await send(policy, callerOf());
      await jwtVerify(token, Buffer.from(SECRET), { currentDate: new Date(clock.wall()) });
      assert.equal(decodeProtectedHeader(token).kid, keyId);
    }
  });

  test("says who is calling, for which service and for how long", async () => {
    const { policy } = create({ claims: ["role", "address", "missing"], expiresIn: "2m" });
    const claims = {
      role: ["admin"],
      address: { country: "DE" },
      email: "a@example.com",
      aud: "portcullis",
      exp: 1,
    };
    const { token } = await send(policy, callerOf({ kind: "introspection", claims, scopes: ["a", "b"] }));
    const { jti, ...said } = decodeJwt(token);
    assert.match(jti!, /^[0-9a-f]{24}$/);
    assert.deepEqual(said, {
      iss: "gateway",
      aud: "orders",
      sub: "alice",
      caller_kind: "introspection",
      scope: "a b",
      role: ["admin"],
      address: { country: "DE" },
      iat: NOW,
      exp: NOW + 120,
    });
  });

  test("has no scope where the caller has none, and no member of a prototype", async () => {
    const { policy } = create({ claims: ["toString", "role"] });
    const claims = Object.freeze({ __proto__: null, role: "x" });
    for (const each of [claims, { role: "x" }]) {
      const said = decodeJwt((await send(policy, callerOf({ claims: each }))).token);
      assert.ok(!("scope" in said) && !Object.hasOwn(said, "toString") && said["role"] === "x");
    }
  });

  test("is made once for a caller and a service", async () => {
    const { policy } = create();
    const alice = callerOf();
    const first = await send(policy, alice);
    const again = await send(policy, alice);
    assert.deepEqual([first.synchronous, again.synchronous], [false, true]);
    assert.equal(again.token, first.token);
    assert.deepEqual(again.fields, ["x-internal-token", first.token]);

    const elsewhere = await send(policy, alice, "users");
    assert.equal(decodeJwt(elsewhere.token).aud, "users");
    assert.equal((await send(policy, alice, "users")).synchronous, true);
    assert.equal((await send(policy, alice)).token, first.token);

    // Another caller, though it looks the same.
    const other = await send(policy, callerOf());
    assert.equal(other.synchronous, false);
    assert.notEqual(other.token, first.token);
  });

  test("requests of one caller at the same time wait for one signature", async () => {
    const { policy } = create();
    const alice = callerOf();
    const all = await Promise.all(Array.from({ length: 10 }, () => send(policy, alice)));
    assert.equal(new Set(all.map(({ token }) => token)).size, 1);
    assert.notEqual(all[0]!.token, "");
  });

  const steps: readonly (readonly [afterMs: number, anew: boolean])[] = [
    [29_999, false],
    [30_000, true],
    [3_600_000, true],
  ];
  for (const [afterMs, anew] of steps) {
    test(`after ${afterMs} ms of a minute it is ${anew ? "made anew" : "used again"}`, async () => {
      const { policy, clock } = create();
      const alice = callerOf();
      const first = await send(policy, alice);
      clock.advance(afterMs);
      const later = await send(policy, alice);
      assert.equal(later.token !== first.token, anew);
      assert.ok(decodeJwt(later.token).exp! * 1000 - clock.wall() >= 30_000);
    });
  }

  test("a clock that was set back makes none from the future", async () => {
    const { policy, clock } = create();
    const alice = callerOf();
    const first = await send(policy, alice);
    clock.wall = () => (NOW - 3600) * 1000;
    const later = await send(policy, alice);
    assert.notEqual(later.token, first.token);
    assert.equal(decodeJwt(later.token).iat, NOW - 3600);
  });

  test("a life of seconds with fractions is rounded down", async () => {
    const { policy } = create({ expiresIn: "10.9s" });
    assert.equal(decodeJwt((await send(policy, callerOf())).token).exp, NOW + 10);
  });

  test("a signature that fails fails these requests alone", async (t) => {
    const { policy } = create();
    const alice = callerOf();
    const sign = t.mock.method(crypto.subtle, "sign", () => Promise.reject(new Error("out of memory")));
    await assert.rejects(send(policy, alice), /out of memory/);
    sign.mock.restore();
    assert.notEqual((await send(policy, alice)).token, "");
  });

  test("nobody is told of nobody, nor is a handler of the gateway", async () => {
    const { policy } = create();
    assert.equal((await send(policy, undefined)).fields, undefined);
    assert.equal((await send(policy, callerOf(), "")).fields, undefined);
  });

  test("an audience that is configured is the same everywhere", async () => {
    for (const audience of ["inside", ["a", "b"]]) {
      const { policy } = create({ audience, header: "x-who" });
      const alice = callerOf();
      const first = await send(policy, alice);
      assert.equal(first.header, "x-who");
      assert.deepEqual(decodeJwt(first.token).aud, audience);
      for (const service of ["users", ""])
        assert.equal((await send(policy, alice, service)).token, first.token);
    }
  });

  test("the kind names its header as one that clients cannot set", () => {
    const config = { signingKey: SECRET, algorithm: "HS256", issuer: "g", header: "x-who" };
    assert.deepEqual(internalTokenPolicy.identityHeaders!(internalTokenConfig.parse(config)), ["x-who"]);
  });
});

describe("internalToken: configs", () => {
  const encrypted = ec.privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "p",
  });
  const traditional = ec.privateKey.export({
    type: "sec1",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "p",
  });
  const misfits: readonly (readonly [Config["algorithm"], key: string, message: RegExp])[] = [
    ["ES256", pem(p384.privateKey), /needs an EC key on P-256/],
    ["ES256", pem(rsa.privateKey), /needs an EC key/],
    ["EdDSA", pem(ec.privateKey), /needs an Ed25519 key/],
    ["RS256", pem(shortRsa.privateKey), /at least 2048 bits/],
    ["RS256", pem(ed25519.privateKey), /needs an RSA key/],
    ["ES256", ec.publicKey.export({ type: "spki", format: "pem" }), /public key, which cannot sign/],
    ["ES256", encrypted, /is encrypted/],
    ["ES256", traditional, /is encrypted/],
    ["ES256", SECRET, /no private key in PEM/],
    ["ES256", pem(ec.privateKey).slice(0, 90), /no private key in PEM/],
    ["ES256", pem(ec.privateKey).replaceAll("\n", ""), /no private key in PEM/],
    ["HS256", pem(ec.privateKey), /PEM document/],
  ];
  for (const [algorithm, signingKey, message] of misfits) {
    test(`${algorithm}: ${String(message)}`, () => {
      assert.throws(
        () => create({ algorithm, signingKey }),
        (error) => {
          assert.ok(error instanceof PolicyConfigError);
          assert.match(error.message, message);
          assert.deepEqual(error.path, ["signingKey"]);
          const key = signingKey.replaceAll(/-----[^-]*-----|\s/g, "").slice(0, 40);
          assert.ok(!`${error.message} ${error.hint}`.includes(key.slice(0, 20)));
          return true;
        },
      );
    });
  }

  test("HS256: a secret of 31 bytes is refused, one of 32 taken", () => {
    assert.throws(() => create({ signingKey: "x".repeat(31) }), /needs at least 32/);
    create({ signingKey: "x".repeat(32) });
  });

  const base = { signingKey: SECRET, algorithm: "HS256", issuer: "g" };
  const mistakes: readonly unknown[] = [
    { ...base, algorithm: "none" },
    { ...base, algorithm: undefined },
    { ...base, issuer: undefined },
    { ...base, issuer: "" },
    { ...base, signingKey: undefined },
    { ...base, signingKey: { env: "PORTCULLIS_NO_SUCH_VARIABLE" } },
    { ...base, audience: [] },
    { ...base, expiresIn: "9s" },
    { ...base, expiresIn: "601s" },
    { ...base, header: "authorization" },
    { ...base, header: "X-Internal-Token" },
    { ...base, header: "x_internal" },
    { ...base, header: "x-forwarded-for" },
    { ...base, keyId: "a b" },
    { ...base, claims: ["sub"] },
    { ...base, claims: ["exp"] },
    { ...base, claims: ["caller_kind"] },
    { ...base, claims: ["__proto__"] },
    { ...base, claims: [""] },
    { ...base, unknown: 1 },
  ];
  for (const given of mistakes) {
    test(`${JSON.stringify(given)} is refused`, () => {
      assert.equal(internalTokenConfig.safeParse(given).success, false);
    });
  }
  test("what these are made of is taken", () => {
    assert.ok(internalTokenConfig.safeParse(base).success);
  });
});
