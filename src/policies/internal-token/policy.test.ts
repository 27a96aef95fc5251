import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWK } from "jose";
import type { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Policy } from "../../core/policy.ts";
import { createSigningKey, SigningKeys, type SigningKeyConfig } from "../../callers/signing-keys.ts";
import type { Tenant } from "../../core/tenant.ts";
import { testExchange } from "../../testing/exchange.ts";
import { testPrivateKey, toPem } from "../../testing/private-keys.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { internalTokenPolicy } from "./policy.ts";
import { internalTokenConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

type Config = z.input<typeof internalTokenConfig>;

const SECRET = "a secret that is long enough for HMAC with SHA-256";

type Keys = readonly Pick<SigningKeyConfig, "algorithm" | "privateKey" | "signsFrom">[];

/** With a list `internal` of those keys, or else with a secret. */
function create(config: Partial<Config> = {}, keys?: Keys) {
  const host = simulatedHost();
  const signer = keys === undefined ? { secret: SECRET } : { signingKeys: "internal" };
  const parsed = internalTokenConfig.parse({ ...signer, issuer: "gateway", ...config });
  const signingKeys = new Map(
    keys === undefined ? [] : [["internal", new SigningKeys(keys.map(createSigningKey), host.clock)]],
  );
  const policy = internalTokenPolicy.create(parsed, testAround({ host, signingKeys }));
  return { policy, clock: host.clock, published: [...signingKeys.values()].flatMap((one) => one.published) };
}

function callerOf(more: Partial<Caller> = {}): Caller {
  return { kind: "jwt", id: "alice", claims: {}, scopes: [], ...more };
}

/** Runs the request hook; the header and the token of what goes to the service. */
async function send(policy: Policy, caller: Caller | undefined, service = "orders", tenant?: Tenant) {
  const x = testExchange();
  x.caller = caller;
  x.tenant = tenant;
  x.route = { ...x.route, service };
  const outcome = policy.request!(x);
  const synchronous = outcome === undefined;
  assert.equal(await outcome, undefined);
  const [header, token = ""] = x.forwardHeaders ?? [];
  return { header, token, synchronous, fields: x.forwardHeaders };
}

function tenantOf(name: string): Tenant {
  return { name, plan: undefined, suspended: false, features: new Set(), headers: [] };
}

const NOW = Date.UTC(2026, 0, 1) / 1000;

describe("internalToken", () => {
  for (const algorithm of ["ES256", "EdDSA", "RS256", "PS384"] as const) {
    test(`${algorithm}: a service verifies it with what is published`, async () => {
      const privateKey = toPem(testPrivateKey(algorithm));
      const { policy, clock, published } = create({}, [{ algorithm, privateKey }]);
      const { header, token } = await send(policy, callerOf());
      assert.equal(header, "x-internal-token");
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: published as JWK[] }), {
        issuer: "gateway",
        audience: "orders",
        typ: "internal+jwt",
        algorithms: [algorithm],
        currentDate: new Date(clock.wall()),
      });
      assert.deepEqual(protectedHeader, { alg: algorithm, typ: "internal+jwt", kid: published[0]!.kid });
    });
  }

  test("HS256: services share the secret, which has no kid", async () => {
    const { policy, clock } = create();
    const { token } = await send(policy, callerOf());
    await jwtVerify(token, Buffer.from(SECRET), { currentDate: new Date(clock.wall()) });
    assert.deepEqual(decodeProtectedHeader(token), { alg: "HS256", typ: "internal+jwt" });
  });

  test("a key is replaced at its time: from half of a token's life later on, none is of the old one", async () => {
    const [fresh, old] = ["new", "old"].map(() => toPem(testPrivateKey("ES256"))) as [string, string];
    const { policy, clock, published } = create({}, [
      { algorithm: "ES256", privateKey: fresh, signsFrom: (NOW + 3600) * 1000 },
      { algorithm: "ES256", privateKey: old },
    ]);
    const keys = createLocalJWKSet({ keys: published as JWK[] });
    const alice = callerOf();
    const kids: (string | undefined)[] = [];
    for (const second of [0, 3590, 3610, 3620, 3650]) {
      clock.advance((NOW + second) * 1000 - clock.wall());
      const { token } = await send(policy, alice);
      await jwtVerify(token, keys, { currentDate: new Date(clock.wall()) });
      kids.push(decodeProtectedHeader(token).kid);
    }
    const [freshKid, oldKid] = published.map(({ kid }) => kid);
    assert.deepEqual(kids, [oldKid, oldKid, oldKid, freshKid, freshKid]);
  });

  test("names the tenant, and no other than that of the request", async () => {
    const { policy } = create({ claims: ["tenant"] });
    const alice = callerOf({ claims: { tenant: "umbrella" } });
    const acme = tenantOf("acme");
    const first = await send(policy, alice, "orders", acme);
    const other = await send(policy, alice, "orders", tenantOf("globex"));
    const again = await send(policy, alice, "orders", acme);
    const none = await send(policy, alice);
    assert.deepEqual(
      [first, other, again].map(({ token }) => decodeJwt(token)["tenant"]),
      ["acme", "globex", "acme"],
    );
    assert.deepEqual([again.token, again.synchronous], [first.token, true]);
    // Where no policy asks for the tenant, a claim of that name is one like any other.
    assert.equal(decodeJwt(none.token)["tenant"], "umbrella");
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
    const config = { secret: SECRET, issuer: "g", header: "x-who" };
    assert.deepEqual(
      internalTokenPolicy.facts!(internalTokenConfig.parse(config), testAround()).identityHeaders,
      ["x-who"],
    );
  });
});

describe("internalToken: configs", () => {
  test("a secret of 31 bytes is refused, one of 32 taken, and a key in PEM is none", () => {
    create({ secret: "x".repeat(32) });
    const pem = toPem(testPrivateKey("ES256"));
    for (const [secret, message, hint] of [
      ["x".repeat(31), /needs at least 32/, /openssl rand/],
      [pem, /PEM document/, /signingKeys/],
    ] as const) {
      assert.throws(
        () => create({ secret }),
        (error) => {
          assert.ok(error instanceof ConfigMistake);
          assert.deepEqual(error.path, ["secret"]);
          assert.match(error.message, message);
          assert.match(error.hint!, hint);
          assert.ok(!`${error.message} ${error.hint}`.includes(secret.slice(40, 60) || secret));
          return true;
        },
      );
    }
  });

  test("a list of keys that there is not is refused", () => {
    assert.throws(() => create({ signingKeys: "other" }, []), {
      name: "ConfigMistake",
      path: ["signingKeys"],
      message: 'unknown signing keys "other"',
    });
  });

  const base = { secret: SECRET, issuer: "g" };
  const mistakes: readonly unknown[] = [
    { ...base, algorithm: "HS512" },
    { ...base, signingKeys: "internal" },
    { ...base, issuer: undefined },
    { ...base, issuer: "" },
    { ...base, secret: undefined },
    { ...base, secret: { env: "PORTCULLIS_NO_SUCH_VARIABLE" } },
    { issuer: "g", signingKeys: "" },
    { ...base, audience: [] },
    { ...base, expiresIn: "9s" },
    { ...base, expiresIn: "601s" },
    { ...base, header: "authorization" },
    { ...base, header: "X-Internal-Token" },
    { ...base, header: "x_internal" },
    { ...base, header: "x-forwarded-for" },
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
