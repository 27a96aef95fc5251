/** Limits by tenant, and by the plan of tenants or else of callers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import type { StagedPolicy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import type { Tenant } from "../../core/tenant.ts";
import { testExchange } from "../../testing/exchange.ts";
import { rateLimitPolicy } from "./policy.ts";
import { rateLimitConfig } from "./schema.ts";
import { caller } from "./testing.ts";
import { testAround } from "../../testing/around.ts";

function create(config: z.input<typeof rateLimitConfig>): StagedPolicy {
  return rateLimitPolicy.create(rateLimitConfig.parse(config), testAround());
}

const tenant = (name: string, plan?: string): Tenant => ({
  name,
  plan,
  suspended: false,
  features: new Set(),
  headers: [],
});
/** Asks the half that runs once it is known who is calling and for whom. */
function passes(policy: StagedPolicy, whose: Tenant | undefined, who?: Caller): boolean {
  const x = testExchange();
  x.tenant = whose;
  x.caller = who;
  const reply = policy.behind!.request!(x) as Reply | undefined;
  if (reply !== undefined)
    assert.match(reply.refusal!.kind.code, whose === undefined ? /no_key/ : /exceeded/);
  return reply === undefined;
}

test("tenants have a count each, whoever calls for them, and without one there is no key", () => {
  const policy = create({ limit: 2, window: "1m", key: "tenant" });
  assert.deepEqual(
    [caller("a"), caller("b"), caller("c")].map((who) => passes(policy, tenant("acme"), who)),
    [true, true, false],
  );
  assert.equal(passes(policy, tenant("other"), caller("a")), true);
  assert.equal(passes(policy, undefined, caller("a")), false);
});

const plans: readonly (readonly [whose: Tenant, who: Caller | undefined, admitted: number])[] = [
  [tenant("a", "pro"), undefined, 3],
  [tenant("b", "pro"), caller("b", { plan: "free" }), 3],
  [tenant("c"), caller("c", { plan: "pro" }), 3],
  [tenant("d"), caller("d"), 1],
  [tenant("e", "constructor"), caller("e", { plan: "pro" }), 1],
];
test("tenants give limits their plan, before that of the caller", () => {
  const policy = create({
    limit: { plans: { pro: 3, free: 2 }, default: 1 },
    window: "1m",
    key: "tenant",
  });
  for (const [whose, who, times] of plans) {
    const passed = Array.from({ length: 5 }, () => passes(policy, whose, who)).filter(Boolean);
    assert.equal(passed.length, times, whose.name);
  }
});

test("tenants are exempt by their plan, without a caller too", () => {
  const policy = create({ limit: 1, window: "1m", key: "all", exempt: { plans: ["staff"] } });
  const asked = [tenant("a", "staff"), tenant("a", "staff"), tenant("b"), tenant("b"), tenant("a", "staff")];
  assert.deepEqual(
    asked.map((whose) => passes(policy, whose)),
    [true, true, true, false, true],
  );
});

const needed: readonly (readonly [config: object, needs: object[]])[] = [
  [{ key: "tenant" }, [{ caller: false, tenant: true, params: [], path: ["key"] }]],
  [
    { key: ["tenant", "caller"] },
    [
      { caller: false, tenant: true, params: [], path: ["key"] },
      { caller: true, tenant: false, params: [], path: ["key"] },
    ],
  ],
  [{ exempt: { plans: ["a"] } }, [{ caller: true, tenant: true, params: [], path: ["exempt"] }]],
  [{ limit: { plans: { a: 1 }, default: 1 } }, [{ caller: true, tenant: true, params: [], path: ["limit"] }]],
  [
    { limit: { claim: "a", default: 1, max: 2 } },
    [{ caller: true, tenant: false, params: [], path: ["limit"] }],
  ],
];
for (const [config, needs] of needed) {
  test(`what ${JSON.stringify(config)} needs`, () => {
    const parsed = rateLimitConfig.parse({ limit: 1, window: "1m", ...config });
    assert.deepEqual(rateLimitPolicy.facts!(parsed, testAround()).needs, needs);
  });
}

const unknownPlans: readonly (readonly [config: object, path: (string | number)[], hint: string])[] = [
  [{ limit: { plans: { pro: 1, prro: 2 }, default: 1 } }, ["limit", "plans", "prro"], 'did you mean "pro"?'],
  [{ exempt: { plans: ["pro", "staf"] } }, ["exempt", "plans", 1], "there are: pro, free"],
];
for (const [config, path, hint] of unknownPlans) {
  test(`a plan that is none: ${path.join(".")}`, () => {
    const parsed = rateLimitConfig.parse({ limit: 1, window: "1m", ...config });
    const createWith = (plans: string[] | undefined) => rateLimitPolicy.create(parsed, testAround({ plans }));
    assert.throws(() => createWith(["pro", "free"]), { path, hint });
    createWith(["pro", "prro", "staf"]);
    createWith(undefined);
  });
}
