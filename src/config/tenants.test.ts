import assert from "node:assert/strict";
import { test } from "node:test";
import { configMistakes } from "../testing/config-mistakes.ts";
import { newKey, PEPPER } from "../policies/api-key/testing.ts";

const tenant = { from: [{ header: "x-tenant" }] };
const jwt = { secret: "a secret that is long enough for HMAC with SHA-256", algorithms: ["HS256"] };
const passwordHash =
  "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0b2hhdmU$ZkKCxXmbbTcJDLO7lA0pVZVCHHGM8gZd2qAxcXFHxmA";
const perPlan = { limit: { plans: { pro: 1 }, default: 1 }, window: "1m" };
const route = { path: "/a", handler: "respond" };

function mistakes(config: object): string[] {
  return configMistakes({ policies: { tenant }, routes: [route], ...config });
}

const many = Object.fromEntries(
  Array.from({ length: 5000 }, (_, i) => [`t${i}`, { plan: "pro", headers: { "x-shard": `${i}` } }]),
);
const headersOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-h${i}`, "1"]));

const accepted: readonly (readonly [what: string, config: object])[] = [
  ["no tenants and nothing that asks for them", { policies: {} }],
  ["a tenant without anything", { tenants: { acme: {} } }],
  ["thousands of tenants", { tenants: many, plans: ["pro"] }],
  ["names of all that is allowed", { tenants: { "1": {}, "a.b_c-D": {}, ["x".repeat(64)]: {} } }],
  ["names of an object's methods", { tenants: { toString: {}, hasOwnProperty: {} } }],
  ["any plan where they are not listed", { tenants: { acme: { plan: "whatever" } } }],
  ["32 names of headers", { tenants: { acme: { headers: headersOf(32) }, b: { headers: headersOf(32) } } }],
  [
    "a limit by tenant",
    { tenants: { acme: {} }, policies: { tenant, rateLimit: { ...perPlan, key: "tenant" } } },
  ],
  [
    "the policy on one route",
    { tenants: { acme: {} }, policies: {}, routes: [{ ...route, policies: { tenant } }] },
  ],
];
for (const [what, config] of accepted) {
  test(`takes ${what}`, () => assert.deepEqual(mistakes(config), []));
}

const acme = { acme: { features: ["export"] } };
const refused: readonly (readonly [what: string, config: object, ...mistakes: RegExp[]])[] = [
  [
    "tenants that nothing asks for",
    { tenants: acme, policies: {} },
    /^tenants: no policy asks.*policies: tenant\)$/,
  ],
  ["a policy without tenants", {}, /^policies\.tenant: there are no tenants \(.*tenants\)$/],
  ["a name with a blank", { tenants: { "a b": {} } }, /^tenants\["a b"\]: expected 1 to 64/],
  ["a name that begins with a sign", { tenants: { "-a": {} } }, /^tenants\["-a"\]: expected/],
  ["a name that is too long", { tenants: { ["x".repeat(65)]: {} } }, /: expected 1 to 64/],
  ["an empty name", { tenants: { "": {} } }, /: expected 1 to 64/],
  [
    "a name of the prototype",
    { tenants: { ...acme, ...(JSON.parse('{"constructor":{}}') as object) } },
    /^tenants\.constructor: the name constructor is not allowed/,
  ],
  ["an unknown field", { tenants: { acme: { plann: "pro" } } }, /^tenants\.acme\.plann: /],
  [
    "a plan that is none, and a limit's",
    {
      plans: ["free", "pro"],
      tenants: { acme: { plan: "prro" } },
      policies: { tenant, rateLimit: { ...perPlan, limit: { plans: { fre: 1 }, default: 1 } } },
    },
    /^tenants\.acme\.plan: unknown plan "prro" \(did you mean "pro"\?\)$/,
    /^policies\.rateLimit\.limit\.plans\.fre: unknown plan "fre" \(did you mean "free"\?\)$/,
  ],
  [
    "the same, told together with what is wrong elsewhere",
    { plans: ["pro"], tenants: { acme: { plan: "prro" } }, limits: { body: 5 } },
    /^limits\.body: /,
    /^tenants\.acme\.plan: unknown plan "prro"/,
  ],
  [
    "a plan of a key that is none, and that of a user",
    {
      plans: ["pro"],
      policies: {
        apiKey: { pepper: PEPPER, keys: [newKey({ plan: "pro" }).entry, newKey({ plan: "prro" }).entry] },
      },
      routes: [{ ...route, policies: { basic: { users: [{ name: "a", passwordHash, plan: "free" }] } } }],
    },
    /^policies\.apiKey\.keys\[1\]\.plan: unknown plan "prro" \(did you mean "pro"\?\)$/,
    /^routes\[0\]\.policies\.basic\.users\[0\]\.plan: unknown plan "free" \(there are: pro\)$/,
  ],
  ["no plans", { plans: [], tenants: acme }, /^plans: /],
  [
    "a header with a line break",
    { tenants: { acme: { headers: { "x-a": "a\r\nx-b: c" } } } },
    /^tenants\.acme\.headers\.x-a: /,
  ],
  [
    "a header in capitals",
    { tenants: { acme: { headers: { "X-A": "a" } } } },
    /^tenants\.acme\.headers\.X-A: /,
  ],
  [
    "a header of the message",
    { tenants: { acme: { headers: { "content-length": "0" } } } },
    /^tenants\.acme\.headers\.content-length: /,
  ],
  [
    "33 names of headers",
    { tenants: { acme: { headers: headersOf(33) } } },
    /^tenants\.acme\.headers\.x-h32: .*32/,
  ],
  [
    "a feature of nobody",
    { tenants: acme, routes: [{ ...route, policies: { tenant: { feature: "exprt" } } }] },
    /^routes\[0\]\.policies\.tenant\.feature: no tenant has .*there are: export\)$/,
  ],
  [
    "a feature that adds to nothing",
    { tenants: acme, policies: {}, routes: [{ ...route, policies: { tenant: { feature: "export" } } }] },
    /^routes\[0\]\.policies\.tenant: this adds to a policy tenant of a group around it, and the route \* \/a has none/,
  ],
  [
    "the same below one that is switched off",
    {
      tenants: acme,
      routes: [
        {
          prefix: "/g",
          policies: { tenant: false },
          routes: [{ ...route, policies: { tenant: { feature: "export" } } }],
        },
      ],
    },
    /^routes\[0\]\.routes\[0\]\.policies\.tenant: this adds/,
  ],
  [
    "claims where nobody is authenticated",
    { tenants: acme, policies: { tenant: { from: [{ claim: "tenant" }] } } },
    /^policies\.tenant\.from: tenant asks who is calling/,
  ],
  [
    "a limit by tenant without the policy",
    { policies: { jwt, rateLimit: { limit: 1, window: "1m", key: "tenant" } } },
    /^policies\.rateLimit\.key: rateLimit asks for the tenant, and no policy of the route \* \/a .*give the route tenant;/,
  ],
  [
    "a limit by tenant behind one by caller",
    {
      policies: {
        jwt,
        rateLimit: [
          { limit: 1, window: "1m", key: "caller" },
          { name: "b", limit: 1, window: "1m", key: ["ip", "tenant"] },
        ],
      },
    },
    /^policies\.rateLimit\[1\]\.key: rateLimit asks for the tenant/,
  ],
  [
    "a limit by plan without anybody who has one",
    { policies: { rateLimit: perPlan } },
    /^policies\.rateLimit\.limit: rateLimit asks who is calling.*give the route one of jwt.*, tenant;/,
  ],
];
for (const [what, config, ...expected] of refused) {
  test(`refuses ${what}`, () => {
    const told = mistakes(config);
    assert.equal(told.length, expected.length, told.join("\n"));
    for (const [i, mistake] of expected.entries()) assert.match(told[i]!, mistake);
  });
}
