/** Claims that have types: what else a config may then name, and compare them with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configMistakes } from "../testing/config-mistakes.ts";

const claims = {
  tenant: "string",
  level: "integer",
  verified: "boolean",
  role: ["admin", "clerk"],
  groups: { list: "string" },
  teams: { oneOrMore: ["red", "blue"] },
  realm_access: { object: {} },
  raw: "any",
};
const jwt = { secret: "a secret that is long enough for HMAC with SHA-256", algorithms: ["HS256"] };
const each = { limit: 1, window: "1m" };
const NOT_LISTED = "(add it there, with its type)";

function mistakes(policies: object, more: object = {}): string[] {
  return configMistakes({
    claims,
    policies: { jwt, ...policies },
    routes: [{ path: "/a/{id}", handler: "respond" }],
    ...more,
  });
}

const accepted: readonly (readonly [what: string, policies: object, more?: object])[] = [
  ["claims that nothing names", {}],
  [
    "no types, and claims of any name",
    { jwt: { ...jwt, requiredClaims: ["a"], plan: "b" } },
    { claims: undefined },
  ],
  ["standard claims", { jwt: { ...jwt, requiredClaims: ["jti", { claim: "aud", values: ["api"] }] } }],
  [
    "claims for services",
    {
      jwt: {
        ...jwt,
        claimsToHeaders: { sub: "x-a", level: "x-b", verified: "x-c", teams: "x-d", raw: "x-e" },
      },
    },
  ],
  [
    "values that are possible",
    {
      jwt: {
        ...jwt,
        requiredClaims: [
          { claim: "teams", values: ["red"] },
          { claim: "groups", values: ["a"] },
        ],
      },
    },
  ],
  [
    "keys",
    {
      rateLimit: {
        ...each,
        key: ["ip", { claim: "tenant" }, { claim: "level" }, { claim: "role" }, { claim: "raw" }],
      },
    },
  ],
  ["a size", { rateLimit: { ...each, limit: { claim: "level", default: 1, max: 2 } } }],
  ["a plan of few names", { jwt: { ...jwt, plan: "role" } }],
  [
    "rules",
    {
      allow: {
        claim: {
          role: ["admin", "clerk"],
          level: 3,
          groups: { contains: "a" },
          teams: { contains: ["red", "blue"] },
          realm_access: { at: ["roles"], contains: "whatever" },
          raw: 7,
          tenant: { param: "id" },
        },
      },
    },
  ],
  ["roles", { allow: { role: "a", roleClaim: "groups" } }],
  ["roles further in", { allow: { role: "a", roleClaim: { name: "realm_access", at: ["roles"] } } }],
];
for (const [what, policies, more] of accepted) {
  test(`takes ${what}`, () => assert.deepEqual(mistakes(policies, more), []));
}

const unknown = (place: string, name: string, hint = NOT_LISTED): string =>
  `policies.${place}: there is no claim "${name}" among those at claims ${hint}`;

const refused: readonly (readonly [what: string, policies: object, ...mistakes: string[]])[] = [
  [
    "names that no claim has",
    {
      jwt: {
        ...jwt,
        requiredClaims: ["tennant", { claim: "age", values: [1] }],
        plan: "plan",
        claimsToHeaders: { toString: "x-a" },
      },
    },
    unknown("jwt.requiredClaims[0]", "tennant", '(did you mean "tenant"?)'),
    unknown("jwt.requiredClaims[1].claim", "age"),
    unknown("jwt.plan", "plan"),
    unknown("jwt.claimsToHeaders.toString", "toString"),
  ],
  [
    "limits by what there is not",
    {
      rateLimit: [
        { ...each, key: [{ claim: "x1" }, { claim: "sub" }, { claim: "x2" }] },
        { ...each, name: "b", key: { claim: "x3" } },
      ],
    },
    unknown("rateLimit[0].key[0].claim", "x1"),
    unknown("rateLimit[0].key[2].claim", "x2"),
    unknown("rateLimit[1].key.claim", "x3"),
  ],
  [
    "keys and sizes that no value can be",
    {
      rateLimit: {
        limit: { claim: "role", default: 1, max: 2 },
        window: "1m",
        key: [{ claim: "verified" }, { claim: "groups" }],
      },
    },
    "policies.rateLimit.key[0].claim: the claim verified is a boolean, which is of no use here (it takes a string, or a number)",
    "policies.rateLimit.key[1].claim: the claim groups is a list, each item of it a string, which is of no use here (it takes a string, or a number)",
    "policies.rateLimit.limit.claim: the claim role is one of the values that it may have, which is of no use here (it takes a number)",
  ],
  [
    "a plan that is a number, and an object for services",
    { jwt: { ...jwt, plan: "level", claimsToHeaders: { realm_access: "x-a" } } },
    "policies.jwt.plan: the claim level is an integer, which is of no use here (it takes a string)",
    "policies.jwt.claimsToHeaders.realm_access: the claim realm_access is an object with the members that it may have, which is of no use here (it takes a string, or a number, or a boolean, or a list)",
  ],
  [
    "required values that there are not",
    {
      jwt: {
        ...jwt,
        requiredClaims: [
          { claim: "role", values: ["admim", "clerk", "boss"] },
          { claim: "level", values: ["1"] },
        ],
      },
    },
    'policies.jwt.requiredClaims[0].claim: the claim role is never "admim", nor "boss" (did you mean "admin"?)',
    'policies.jwt.requiredClaims[1].claim: the claim level is never "1" (it is an integer)',
  ],
  [
    "rules that never hold",
    {
      allow: {
        claim: { rol: "admin", teams: { contains: "green" } },
        any: [{ claim: { verified: "true" } }, { not: { claim: { role: { contains: "admin" } } } }],
        all: [{ claim: { level: { param: "id" }, tenant: { at: ["a"], is: 1 }, role: "clark" } }],
      },
    },
    unknown("allow.claim.rol", "rol", '(did you mean "role"?)'),
    'policies.allow.claim.teams: the claim teams is never "green" (there are: red, blue)',
    "policies.allow.all[0].claim.level: the claim level is an integer, which is of no use here (it takes a string)",
    "policies.allow.all[0].claim.tenant: the claim tenant is a string, which is of no use here (it takes an object)",
    'policies.allow.all[0].claim.role: the claim role is never "clark" (did you mean "clerk"?)',
    'policies.allow.any[0].claim.verified: the claim verified is never "true" (it is a boolean)',
    "policies.allow.any[1].not.claim.role: the claim role is one of the values that it may have, which is of no use here (it takes a list)",
  ],
  [
    "roles that are numbers",
    { allow: { role: "a", roleClaim: "level" } },
    "policies.allow.roleClaim: the claim level is an integer, which is of no use here (it takes a string, or a list)",
  ],
  [
    "roles in what is no object",
    { allow: { role: "a", roleClaim: { name: "role", at: ["a"] } } },
    "policies.allow.roleClaim.name: the claim role is one of the values that it may have, which is of no use here (it takes an object)",
  ],
  [
    "a token of the gateway's own with what there is not",
    {
      internalToken: {
        secret: "a secret that is long enough for HMAC with SHA-256",
        issuer: "g",
        claims: ["tenant", "team"],
      },
    },
    unknown("internalToken.claims[1]", "team", '(did you mean "teams"?)'),
  ],
];
for (const [what, policies, ...told] of refused) {
  test(`refuses ${what}`, () => assert.deepEqual(mistakes(policies), told));
}

test("refuses what a route adds to the limits around by what there is not", () => {
  const rateLimit = { add: [{ ...each, name: "more", key: { claim: "team" } }] };
  const routes = [{ path: "/a", handler: "respond", policies: { rateLimit } }];
  assert.deepEqual(mistakes({ rateLimit: each }, { routes }), [
    'routes[0].policies.rateLimit.add[0].key.claim: there is no claim "team" among those at claims (did you mean "teams"?)',
  ]);
});

test("refuses a tenant by what there is not, or is no text", () => {
  const tenants = { acme: {} };
  const from = [{ claim: "tennant" }, { header: "x-tenant" }, { claim: "level" }];
  assert.deepEqual(mistakes({ tenant: { from } }, { tenants }), [
    unknown("tenant.from[0].claim", "tennant", '(did you mean "tenant"?)'),
    "policies.tenant.from[2].claim: the claim level is an integer, which is of no use here (it takes a string)",
  ]);
});

const wrongTypes: readonly (readonly [what: string, claims: unknown, ...mistakes: string[]])[] = [
  [
    "a word that is no type",
    { a: "text" },
    "claims.a: expected one of string, number, integer, boolean, any; a list of values; list, oneOrMore or object",
  ],
  ["no values", { a: [] }, "claims.a: expected at least 1 entry"],
  [
    "a standard claim",
    { sub: "string" },
    "claims.sub: this claim has its type already, that of the standard",
  ],
  [
    "two types",
    { a: { list: "string", object: {} } },
    'claims.a.object: unknown field "object" (there are: list)',
  ],
];
for (const [what, claims, ...told] of wrongTypes) {
  test(`refuses what is no type: ${what}`, () => assert.deepEqual(mistakes({}, { claims }), told));
}

test("tells of names with all else that is wrong", () => {
  assert.deepEqual(mistakes({ rateLimit: { ...each, key: { claim: "team" } } }, { drain: 5 }), [
    'drain: expected a duration such as "250ms", "30s", "5m", "1h" or "1d"',
    unknown("rateLimit.key.claim", "team", '(did you mean "teams"?)'),
  ]);
});
