/** Policies of one's own in a config: what the compiler says of them, and what is told of a config that is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { claimName } from "../callers/claim-name.ts";
import { definePolicy } from "../contract/define-policy.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { defineConfig } from "./define.ts";
import { ConfigError } from "./issue.ts";
import { parseConfig } from "./parse.ts";

const stamp = definePolicy({
  name: "stamp",
  summary: "Tells services of a claim.",
  stage: "behind",
  config: z.strictObject({
    claim: claimName,
    times: z.number().default(1),
    color: z.enum(["red", "blue"]).optional(),
  }),
  refusals: [],
  facts: ({ claim }) => ({ claims: [{ name: claim, path: ["claim"] }] }),
  create({ times }) {
    if (times > 3) throw new ConfigMistake("that is too often", ["times"], "three times at most");
    return {};
  },
});
const named = (name: string) =>
  definePolicy({
    name,
    summary: "x",
    stage: "entrance",
    config: z.strictObject({}),
    refusals: [],
    create: () => ({}),
  });

const claims = { tier: "string" } as const;
const handler = "respond";

test("a policy of one's own is typed by its schema, at every level", () => {
  const config = defineConfig({
    use: [stamp],
    claims,
    policies: { stamp: { claim: "tier" }, rateLimit: { limit: 1, window: "1m" } },
    routes: [
      { path: "/a", handler, policies: { stamp: { claim: "sub", color: "red" }, rateLimit: false } },
      {
        prefix: "/b",
        policies: { stamp: false },
        routes: [{ path: "/c", handler, policies: { stamp: { claim: "tier" } } }],
      },
    ],
  });
  const parsed = parseConfig(config);
  assert.deepEqual(parsed.use, [stamp]);
  assert.deepEqual(parsed.policies, {
    ...parsed.policies,
    stamp: { claim: "tier", times: 1 },
  });
});

test("what is wrong is refused when it is compiled", () => {
  // @ts-expect-error: no such field
  defineConfig({ use: [stamp], policies: { stamp: { claim: "tier", colour: "red" } }, routes: [] });
  // @ts-expect-error: no such value
  defineConfig({ use: [stamp], policies: { stamp: { claim: "tier", color: "green" } }, routes: [] });
  // @ts-expect-error: a field is missing
  defineConfig({ use: [stamp], policies: { stamp: {} }, routes: [] });
  // @ts-expect-error: no such claim
  defineConfig({ use: [stamp], claims, policies: { stamp: { claim: "tire" } }, routes: [] });
  const route = { path: "/", handler } as const;
  // @ts-expect-error: nor on a route
  defineConfig({ use: [stamp], claims, routes: [{ ...route, policies: { stamp: { claim: "tire" } } }] });
  defineConfig({
    use: [stamp],
    // @ts-expect-error: nor in a group
    routes: [{ prefix: "/a", routes: [{ path: "/", handler, policies: { stamp: { claim: 1 } } }] }],
  });
  // @ts-expect-error: it is not used
  defineConfig({ policies: { stamp: { claim: "tier" } }, routes: [] });
  // @ts-expect-error: it is another one that is used
  defineConfig({ use: [named("other")], policies: { stamp: { claim: "tier" } }, routes: [] });
  // @ts-expect-error: nothing is inherited that could be switched off
  defineConfig({ use: [stamp], policies: { stamp: false }, routes: [] });
  // @ts-expect-error: no policy
  defineConfig({ use: ["stamp"], routes: [] });
});

const wrong: readonly [string, object, readonly string[]][] = [
  [
    "a text",
    { use: "stamp" },
    [
      "use: expected a list of policies (a policy is what definePolicy returns, in a config in TypeScript or JavaScript)",
    ],
  ],
  [
    "what definePolicy has not made, as all that YAML can say",
    { use: ["stamp", { name: "stamp" }, { ...stamp }] },
    [0, 1, 2].map(
      (i) =>
        `use[${i}]: expected a policy (a policy is what definePolicy returns, in a config in TypeScript or JavaScript)`,
    ),
  ],
  [
    "a name of the gateway's own",
    { use: [named("jwt")] },
    ["use[0]: jwt is the name of a policy that the gateway has (give the policy another name)"],
  ],
  [
    "a name twice",
    { use: [stamp, stamp] },
    ["use[1]: two policies are called stamp (give one of them another name, or leave it out)"],
  ],
  [
    "a policy that is not used",
    { policies: { stamp: {} } },
    [
      'policies.stamp: unknown field "stamp" (there are: cors, compress, ip, rateLimit, authFailures, jwt, introspection, apiKey, basic, tenant, allow, validate, internalToken)',
    ],
  ],
  [
    "fields that its schema refuses, at every level",
    {
      use: [stamp],
      policies: { stamp: { claim: "a", tmies: 2 } },
      routes: [
        { path: "/a", handler, policies: { stamp: { claim: 1 } } },
        { prefix: "/b", routes: [{ path: "/c", handler, policies: { stamp: {} } }] },
      ],
    },
    [
      'policies.stamp.tmies: unknown field "tmies" (did you mean "times"?)',
      "routes[0].policies.stamp.claim: expected a text, got a number",
      'routes[1].routes[0].policies.stamp: "claim" is missing',
    ],
  ],
  [
    "a mistake that only create finds, beside others",
    { use: [stamp], listn: {}, policies: { stamp: { claim: "a", times: 4 } } },
    [
      'listn: unknown field "listn" (did you mean "listen"?)',
      "policies.stamp.times: that is too often (three times at most)",
    ],
  ],
  [
    "a claim that nobody has",
    { use: [stamp], listn: {}, claims, policies: { stamp: { claim: "tire" } } },
    [
      'listn: unknown field "listn" (did you mean "listen"?)',
      'policies.stamp.claim: there is no claim "tire" among those at claims (did you mean "tier"?)',
    ],
  ],
];
for (const [name, config, messages] of wrong) {
  test(`${name} is told of`, () => {
    assert.throws(
      () => parseConfig({ routes: [], ...config }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.message.split("\n"), messages);
        return true;
      },
    );
  });
}

test("configs without policies of their own know none of those that others use", () => {
  parseConfig({ use: [stamp], policies: { stamp: { claim: "a" } }, routes: [] });
  assert.throws(() => parseConfig({ policies: { stamp: { claim: "a" } }, routes: [] }), ConfigError);
});

test("facts that fail are told with their place, beside the other mistakes", () => {
  const failing = definePolicy({
    name: "failing",
    summary: "x",
    stage: "entrance",
    config: z.strictObject({}),
    refusals: [],
    facts: () => {
      throw new Error("none");
    },
    create: () => ({}),
  });
  const config = {
    use: [failing],
    policies: { failing: {}, compres: {} },
    routes: [{ path: "/a", handler }],
  };
  assert.throws(
    () => parseConfig(config),
    (error) => {
      assert.ok(error instanceof ConfigError);
      const told = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      assert.ok(told.includes("policies.failing: the facts of the policy failing failed: none"));
      assert.ok(told.includes('policies.compres: unknown field "compres"'));
      return true;
    },
  );
});
