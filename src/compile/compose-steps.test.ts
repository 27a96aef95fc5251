import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../config/parse.ts";
import type { AuthenticatorKind, PolicyKind, StagedPolicyKind } from "../contract/policy-kind.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Route } from "../core/route.ts";
import { policyStages } from "../policies/index.ts";
import { jwtPolicy } from "../policies/jwt/policy.ts";
import { rateLimitPolicy } from "../policies/rate-limit/policy.ts";
import { testExchange } from "../testing/exchange.ts";
import { snapshotOf } from "../testing/snapshot.ts";

const secret = "a secret that is long enough for HS256: 32 bytes and more";
const jwt = { secret, algorithms: ["HS256"] };
const apiKey = {
  pepper: secret,
  keys: [{ id: "pk_4fZyO82m1KxQ", hash: `hmac-sha256:${"A".repeat(43)}`, owner: "a" }],
};
const byCaller = { limit: 9, window: "1m", key: "caller", name: "caller" };

function routeOf(config: Parameters<typeof parseConfig>[0]): (target: string) => Route {
  const snapshot = snapshotOf(config);
  return (target) => {
    const x: Exchange = testExchange({ target });
    snapshot.assignRoute(x);
    return x.route;
  };
}

function told({ steps }: Route): readonly string[] {
  return steps.map(({ kind, place, stage }) => `${stage}: ${kind} at ${place}`);
}

const route = routeOf({
  tenants: { acme: {} },
  policies: {
    internalToken: { secret, issuer: "gateway" },
    allow: { method: ["GET"] },
    compress: {},
    cors: { origins: ["https://a.example"] },
    authFailures: {},
    rateLimit: [{ limit: 9, window: "1m", name: "address" }, byCaller],
    jwt,
    tenant: { from: [{ claim: "tenant" }] },
  },
  routes: [
    { path: "/all", handler: "respond" },
    { path: "/same", handler: "respond" },
    { path: "/keys", handler: "respond", policies: { apiKey, allow: { kind: "apiKey" } } },
    { path: "/other-keys", handler: "respond", policies: { apiKey } },
    {
      path: "/free",
      handler: "respond",
      policies: { jwt: false, tenant: false, rateLimit: { limit: 1, window: "1m" }, internalToken: false },
    },
  ],
});

test("steps stand in the order of the list of kinds, with their places, and a kind may stand in two stages", () => {
  assert.deepEqual(told(route("/all")), [
    "entrance: cors at policies.cors",
    "entrance: compress at policies.compress",
    "entrance: rateLimit at policies.rateLimit",
    "entrance: authFailures at policies.authFailures",
    "identity: jwt at policies.jwt",
    "identity: tenant at policies.tenant",
    "behind: rateLimit at policies.rateLimit",
    "behind: allow at policies.allow",
    "behind: internalToken at policies.internalToken",
  ]);
});

test("several that authenticate are one step, and policies that add up stand one behind the other", () => {
  assert.deepEqual(told(route("/keys")).slice(4), [
    "identity: jwt, apiKey at policies.jwt, routes[2].policies.apiKey",
    "identity: tenant at policies.tenant",
    "behind: rateLimit at policies.rateLimit",
    "behind: allow at policies.allow",
    "behind: allow at routes[2].policies.allow",
    "behind: internalToken at policies.internalToken",
  ]);
});

test("a route where nobody asks who is calling has no step for that, and no part of a limit that nobody needs", () => {
  assert.deepEqual(told(route("/free")), [
    "entrance: cors at policies.cors",
    "entrance: compress at policies.compress",
    "entrance: rateLimit at routes[4].policies.rateLimit",
    "entrance: authFailures at policies.authFailures",
    "behind: allow at policies.allow",
  ]);
  assert.equal(route("/free").identity, undefined);
});

test("routes share the step of the same authenticators, and of no others", () => {
  const { identity } = route("/all");
  assert.ok(identity !== undefined);
  assert.equal(route("/same").identity, identity);
  assert.equal(route("/nowhere").identity, identity);
  assert.notEqual(route("/keys").identity, identity);
  // Each has a policy apiKey of its own.
  assert.notEqual(route("/keys").identity, route("/other-keys").identity);
});

test("of a limit by caller, what needs nobody stands also where nobody can be known", () => {
  const byBoth = routeOf({
    policies: { rateLimit: [{ limit: 9, window: "1m", name: "address" }, byCaller] },
    routes: [{ path: "/known", handler: "respond", policies: { jwt } }],
  });
  assert.deepEqual(told(byBoth("/nowhere")), ["entrance: rateLimit at policies.rateLimit"]);
  assert.deepEqual(told(byBoth("/known")), [
    "entrance: rateLimit at policies.rateLimit",
    "identity: jwt at routes[0].policies.jwt",
    "behind: rateLimit at policies.rateLimit",
  ]);
  assert.equal(byBoth("/nowhere").steps[0]!.policy, byBoth("/known").steps[0]!.policy);
});

type Staged<Kinds extends readonly unknown[]> = Extract<Kinds[number], StagedPolicyKind>;
type Same<A, B> = [A, B] extends [B, A] ? true : false;

test("limits alone stand in two stages", () => {
  const { entrance, identity, behind } = policyStages;
  // What makes a part for each of two stages, and is listed in one of them, would lose the other part.
  const areListedTwice: Same<Staged<typeof entrance>, Staged<typeof behind>> = true;
  assert.ok(areListedTwice);
  const all = [...entrance, ...identity, ...behind].map(({ name }) => name);
  assert.deepEqual(
    all.filter((name, i) => all.indexOf(name) !== i),
    ["rateLimit"],
  );
});

test("the compiler refuses a kind in a stage where it cannot stand", () => {
  // @ts-expect-error: an authenticator has no hooks that could be asked at the entrance, or behind
  const policies: readonly (PolicyKind | StagedPolicyKind)[] = [jwtPolicy];
  // @ts-expect-error: there is no part for the identity
  const identifying: readonly (AuthenticatorKind | PolicyKind)[] = [rateLimitPolicy];
  assert.deepEqual([policies.length, identifying.length], [1, 1]);
});
