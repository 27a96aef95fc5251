import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import type { Tenant } from "../../core/tenant.ts";
import { testExchange } from "../../testing/exchange.ts";
import { tenantPolicy } from "./policy.ts";
import { tenantConfig } from "./schema.ts";
import type { Facts } from "../../contract/facts.ts";
import { testAround } from "../../testing/around.ts";

type Input = z.input<typeof tenantConfig>;

function tenant(name: string, more: Partial<Tenant> = {}): [string, Tenant] {
  return [name, { name, plan: undefined, suspended: false, features: new Set(), headers: [], ...more }];
}

const TENANTS: ReadonlyMap<string, Tenant> = new Map([
  tenant("acme", { features: new Set(["export", "audit"]), headers: ["x-shard", "one", "x-tier", "gold"] }),
  tenant("umbrella", { features: new Set(["audit"]) }),
  tenant("Acme"),
  tenant("closed", { suspended: true, features: new Set(["export"]) }),
]);

function create(config: Input, tenants = TENANTS): Policy {
  return tenantPolicy.create(tenantConfig.parse(config), testAround({ tenants }));
}

/** What a request says; `sent` are identity headers, which the gateway has laid aside. */
interface Request {
  /** Without any, nobody is authenticated. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly sent?: readonly string[];
  readonly authority?: string;
  /** What a trusted proxy says. */
  readonly forwardedHost?: string;
}

/** The tenant's name, the code of the refusal, or nothing. */
function outcome(policy: Policy, request: Request): string {
  return run(policy, request).said;
}

function run(policy: Policy, { claims, sent, ...rest }: Request): { x: Exchange; said: string } {
  const x = testExchange(rest);
  if (claims !== undefined) x.caller = Object.freeze({ kind: "jwt", id: "alice", claims, scopes: [] });
  if (sent !== undefined) x.withheld = [...sent];
  const reply = policy.request!(x) as Reply | undefined;
  if (reply === undefined) return { x, said: x.tenant?.name ?? "" };
  assert.equal(reply.status, reply.refusal?.kind.status);
  assert.equal(x.forwardHeaders, undefined);
  return { x, said: reply.refusal!.kind.code };
}

const ALL: Input = { from: [{ claim: "tenant" }, { header: "x-tenant" }, { subdomain: "example.com" }] };
const sent = (...names: string[]) => ({ sent: names.flatMap((name) => ["x-tenant", name]) });
const at = (authority: string) => ({ authority });
const of = (value: unknown) => ({ claims: { tenant: value } });
const NOBODYS = { claims: {} };

const bound: readonly (readonly [what: string, request: Request, expected: string])[] = [
  ["a claim", of("acme"), "acme"],
  ["a claim and the same header", { ...of("acme"), ...sent("acme") }, "acme"],
  ["all three", { ...of("acme"), ...sent("acme"), ...at("acme.example.com") }, "acme"],
  ["the header twice", { ...of("acme"), ...sent("acme", "acme") }, "acme"],
  ["another header", { ...of("acme"), ...sent("umbrella") }, "tenant.mismatch"],
  ["a header in another case", { ...of("acme"), ...sent("Acme") }, "tenant.mismatch"],
  ["a header of no tenant", { ...of("acme"), ...sent("nobody") }, "tenant.mismatch"],
  ["an empty header", { ...of("acme"), ...sent("") }, "tenant.mismatch"],
  ["a list in a header", { ...of("acme"), ...sent("acme, acme") }, "tenant.mismatch"],
  ["two headers", { ...of("acme"), ...sent("acme", "umbrella") }, "tenant.mismatch"],
  ["two headers, the other first", { ...of("acme"), ...sent("umbrella", "acme") }, "tenant.mismatch"],
  ["another subdomain", { ...of("acme"), ...at("umbrella.example.com") }, "tenant.mismatch"],
  ["a suspended tenant's header", { ...of("acme"), ...sent("closed") }, "tenant.mismatch"],
  [
    "header and subdomain against the claim",
    { ...of("acme"), ...sent("umbrella"), ...at("umbrella.example.com") },
    "tenant.mismatch",
  ],
  ["an unknown claim", of("nobody"), "tenant.unknown"],
  ["a claim in another case is another tenant", of("Acme"), "Acme"],
  ["a claim with a blank", of("acme "), "tenant.unknown"],
  ["an empty claim", of(""), "tenant.unknown"],
  ["a huge claim", of("a".repeat(100_000)), "tenant.unknown"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].map(
    (name) => [`the claim ${name}`, of(name), "tenant.unknown"] as const,
  ),
  ...[5, 0, true, false, ["acme"], [], { name: "acme" }, {}, Number.NaN].map(
    (value) => [`a claim ${JSON.stringify(value)}`, of(value), "tenant.invalid"] as const,
  ),
  ["a list as claim, and a header", { ...of(["acme"]), ...sent("acme") }, "tenant.invalid"],
  ["a suspended tenant", of("closed"), "tenant.suspended"],
  ["no claim", NOBODYS, "tenant.unbound"],
  ["null", of(null), "tenant.unbound"],
  ["no claim, and a header", { ...NOBODYS, ...sent("acme") }, "tenant.unbound"],
  ["null, and a header", { ...of(null), ...sent("acme") }, "tenant.unbound"],
  ["no claim, and a header of no tenant", { ...NOBODYS, ...sent("nobody") }, "tenant.unbound"],
  ["no claim, and a subdomain", { ...NOBODYS, ...at("acme.example.com") }, "tenant.unbound"],
  [
    "a claim that its prototype has",
    { claims: Object.create({ tenant: "acme" }) as Record<string, unknown> },
    "tenant.unbound",
  ],
];
describe("a caller's tenant is its credential's", () => {
  const policy = create(ALL);
  for (const [what, request, expected] of bound) {
    test(`${what}: ${expected}`, () => assert.equal(outcome(policy, request), expected));
  }

  test("the names of prototypes as names of claims are none", () => {
    for (const claim of ["__proto__", "constructor", "toString"])
      assert.equal(outcome(create({ from: [{ claim }] }), NOBODYS), "tenant.unbound", claim);
  });

  test("several claims agree", () => {
    const policy = create({ from: [{ claim: "tenant" }, { claim: "org" }] });
    const cases: readonly (readonly [claims: object, expected: string])[] = [
      [{ tenant: "acme" }, "acme"],
      [{ org: "acme" }, "acme"],
      [{ tenant: "acme", org: "acme" }, "acme"],
      [{ tenant: "acme", org: "umbrella" }, "tenant.mismatch"],
      [{ tenant: "acme", org: 1 }, "tenant.invalid"],
      [{ tenant: 1, org: "acme" }, "tenant.invalid"],
    ];
    for (const [claims, expected] of cases)
      assert.equal(outcome(policy, { claims: { ...claims } }), expected, JSON.stringify(claims));
  });
});

const chosen: readonly (readonly [what: string, request: Request, expected: string])[] = [
  ["a header", sent("acme"), "acme"],
  ["a header of another name", { sent: ["x-user", "acme"] }, "tenant.missing"],
  ["nothing", {}, "tenant.missing"],
  ["a header of no tenant", sent("nobody"), "tenant.unknown"],
  ["a header of a prototype", sent("__proto__"), "tenant.unknown"],
  ["an empty header", sent(""), "tenant.unknown"],
  ["a suspended tenant", sent("closed"), "tenant.suspended"],
  ["two headers", sent("acme", "umbrella"), "tenant.mismatch"],
  ["header and subdomain that agree", { ...sent("acme"), ...at("acme.example.com") }, "acme"],
  ["header and subdomain", { ...sent("acme"), ...at("umbrella.example.com") }, "tenant.mismatch"],
  ["a subdomain", at("acme.example.com"), "acme"],
  ["a subdomain with a port", at("acme.example.com:8443"), "acme"],
  ["a subdomain with a dot at its end", at("acme.example.com."), "acme"],
  ["both", at("acme.example.com.:8443"), "acme"],
  ["an unknown subdomain", at("nobody.example.com"), "tenant.unknown"],
  ["the domain itself", at("example.com"), "tenant.missing"],
  ["a subdomain of a subdomain", at("acme.acme.example.com"), "tenant.missing"],
  ["a domain that ends alike", at("acmeexample.com"), "tenant.missing"],
  ["another domain", at("acme.example.org"), "tenant.missing"],
  ["the domain in front", at("acme.example.com.evil.org"), "tenant.missing"],
  ["an IPv6 address", at("[::1]:80"), "tenant.missing"],
  ["no host", at(""), "tenant.missing"],
  ["a trusted proxy's host", { ...at("internal"), forwardedHost: "acme.example.com:443" }, "acme"],
  [
    "a trusted proxy's host, against the request's",
    { ...at("umbrella.example.com"), forwardedHost: "acme.example.com" },
    "acme",
  ],
];
describe("without authentication a request chooses", () => {
  const policy = create(ALL);
  for (const [what, request, expected] of chosen) {
    test(`${what}: ${expected}`, () => assert.equal(outcome(policy, request), expected));
  }
});

describe("trustUnbound", () => {
  const policy = create({ ...ALL, trustUnbound: true });
  const cases: readonly (readonly [what: string, request: Request, expected: string])[] = [
    ["no claim, and a header", { ...NOBODYS, ...sent("acme") }, "acme"],
    ["no claim, and a subdomain", { ...NOBODYS, ...at("acme.example.com") }, "acme"],
    ["no claim, and two headers", { ...NOBODYS, ...sent("acme", "umbrella") }, "tenant.mismatch"],
    ["no claim and nothing", NOBODYS, "tenant.missing"],
    ["a claim still binds", { ...of("acme"), ...sent("umbrella") }, "tenant.mismatch"],
    ["a claim of another type is still refused", { ...of(5), ...sent("umbrella") }, "tenant.invalid"],
  ];
  for (const [what, request, expected] of cases) {
    test(`${what}: ${expected}`, () => assert.equal(outcome(policy, request), expected));
  }
});

describe("a tenant that need not be", () => {
  const policy = create({ ...ALL, required: false });
  const cases: readonly (readonly [what: string, request: Request, expected: string])[] = [
    ["nobody, nothing", {}, ""],
    ["no claim, nothing", NOBODYS, ""],
    ["no claim, and a header", { ...NOBODYS, ...sent("acme") }, "tenant.unbound"],
    ["a claim", of("acme"), "acme"],
    ["a wrong claim", of(5), "tenant.invalid"],
    ["an unknown one", sent("nobody"), "tenant.unknown"],
  ];
  for (const [what, request, expected] of cases) {
    test(`${what}: ${expected === "" ? "passes" : expected}`, () => {
      const { x, said } = run(policy, request);
      assert.equal(said, expected);
      if (expected === "") assert.equal(x.forwardHeaders, undefined);
    });
  }
  test("is still asked for a feature", () => {
    assert.equal(outcome(create({ ...ALL, required: false, feature: "export" }), {}), "tenant.feature_off");
  });
});

describe("features", () => {
  const cases: readonly (readonly [name: string, feature: string, expected: string])[] = [
    ["acme", "export", "acme"],
    ["acme", "audit", "acme"],
    ["umbrella", "audit", "umbrella"],
    ["umbrella", "export", "tenant.feature_off"],
    ["Acme", "export", "tenant.feature_off"],
    ["closed", "export", "tenant.suspended"],
  ];
  for (const [name, feature, expected] of cases) {
    test(`${name}, ${feature}: ${expected}`, () => {
      assert.equal(outcome(create({ ...ALL, feature }), of(name)), expected);
      // As an addition, behind the policy that finds the tenant.
      const x = testExchange();
      x.tenant = TENANTS.get(name)!;
      if (x.tenant.suspended) return;
      const reply = create({ feature }).request!(x) as Reply | undefined;
      assert.equal(reply?.refusal?.kind.code ?? name, expected);
    });
  }
  test("of no tenant are none", () => {
    assert.equal(outcome(create({ feature: "export" }), of("acme")), "tenant.feature_off");
  });
});

test("services are told the tenant and what it has, and the caller is left as it was", () => {
  const { x } = run(create(ALL), of("acme"));
  assert.deepEqual(x.forwardHeaders, ["x-tenant-id", "acme", "x-shard", "one", "x-tier", "gold"]);
  assert.equal(x.tenant, TENANTS.get("acme"));
  assert.deepEqual(x.caller, { kind: "jwt", id: "alice", claims: { tenant: "acme" }, scopes: [] });
  const { x: other } = run(create({ ...ALL, header: "x-org" }), of("umbrella"));
  assert.deepEqual(other.forwardHeaders, ["x-org", "umbrella"]);
});

test("what policies before have told services under one of these names is replaced", () => {
  const x = testExchange({ authority: "acme.example.com" });
  x.forwardHeader("x-shard", "two");
  x.forwardHeader("x-user", "alice");
  assert.equal(create(ALL).request!(x), undefined);
  assert.deepEqual(x.forwardHeaders, [
    "x-shard",
    "one",
    "x-user",
    "alice",
    "x-tenant-id",
    "acme",
    "x-tier",
    "gold",
  ]);
});

test("a suspended tenant is known to the log", () => {
  assert.equal(run(create(ALL), of("closed")).x.tenant?.name, "closed");
  assert.equal(run(create(ALL), of("nobody")).x.tenant, undefined);
});

function factsOf(config: Input, tenants = TENANTS): Facts {
  return tenantPolicy.facts!(tenantConfig.parse(config), { tenants });
}

function headers(config: Input, tenants = TENANTS): readonly string[] {
  return factsOf(config, tenants).identityHeaders ?? [];
}

function needsOf(config: Input): unknown {
  const { needs = [] } = factsOf(config);
  assert.equal(needs.length, 1);
  return needs[0];
}

test("clients can set no header that names tenants or that any of them has", () => {
  assert.deepEqual(headers(ALL), ["x-tenant-id", "x-tenant", "x-shard", "x-tier"]);
  assert.deepEqual(headers({ from: [{ header: "x-tenant-id" }] }, new Map()), ["x-tenant-id"]);
  assert.deepEqual(headers({ feature: "export" }), []);
});

test("it needs a caller where only claims name a tenant, and one to add to where it has a feature alone", () => {
  assert.deepEqual(needsOf({ from: [{ claim: "a" }, { claim: "b" }] }), {
    caller: true,
    params: [],
    path: ["from"],
  });
  assert.deepEqual(needsOf(ALL), { caller: false, params: [], path: ["from"] });
  assert.deepEqual(needsOf({ feature: "export" }), { caller: false, outer: true, params: [] });
  assert.equal(factsOf({ feature: "export" }).inheritance, "adds");
  assert.equal(factsOf({ ...ALL, feature: "export" }).inheritance, undefined);
});

const mistakes: readonly (readonly [what: string, config: Input, error: object, tenants?: typeof TENANTS])[] =
  [
    ["no tenants", ALL, { message: "there are no tenants", path: [], hint: /tenants/ }, new Map()],
    ["a feature of none", { feature: "exprt" }, { path: ["feature"], hint: "there are: export, audit" }],
    ["a feature of none, with from", { ...ALL, feature: "toString" }, { path: ["feature"] }],
    [
      "a feature where there are none",
      { feature: "export" },
      { path: ["feature"], hint: /add it/ },
      new Map([tenant("a")]),
    ],
    ["a header that a tenant has", { ...ALL, header: "x-tier" }, { path: ["header"], message: /acme/ }],
  ];
for (const [what, config, error, tenants] of mistakes) {
  test(`a config with ${what} is refused`, () =>
    assert.throws(() => create(config, tenants), { name: "ConfigMistake", ...error }));
}

const refused: readonly unknown[] = [
  {},
  { from: [] },
  { from: "claim" },
  { from: [{}] },
  { from: [{ claim: "" }] },
  { from: [{ claim: "a", header: "x-a" }] },
  { from: [{ header: "X-Tenant" }] },
  { from: [{ header: "authorization" }] },
  { from: [{ header: "x-forwarded-host" }] },
  { from: [{ header: "x_tenant" }] },
  { from: [{ subdomain: "Example.com" }] },
  { from: [{ subdomain: ".example.com" }] },
  { from: [{ subdomain: "example.com:80" }] },
  { from: [{ subdomain: "*.example.com" }] },
  { from: Array.from({ length: 9 }, () => ({ claim: "a" })) },
  { from: [{ claim: "a" }], header: "host" },
  { from: [{ claim: "a" }], header: false },
  { from: [{ claim: "a" }], required: "no" },
  { feature: "a b" },
  { feature: "a", required: false },
  { feature: "a", header: "x-a" },
  { trustUnbound: true },
];
for (const config of refused) {
  test(`the schema refuses ${JSON.stringify(config)}`, () =>
    assert.ok(!tenantConfig.safeParse(config).success));
}
