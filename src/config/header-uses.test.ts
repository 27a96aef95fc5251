import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "./issue.ts";
import { formatPath } from "../lib/config-path.ts";
import { parseConfig } from "./parse.ts";
import { newKey, PEPPER } from "../policies/api-key/testing.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { Gateway } from "../gateway/gateway.ts";

const jwt = {
  secret: "a secret that is long enough for HMAC with SHA-256",
  algorithms: ["HS256"],
  claimsToHeaders: { sub: "x-user", team: "x-team" },
};
const apiKey = { pepper: PEPPER, keys: [newKey().entry], callerToHeaders: { id: "x-user" } };
const tenant = { from: [{ claim: "tenant" }] };
const tenants = { acme: { headers: { "x-shard": "1" } } };
const route = { path: "/a", handler: "respond" };
const limit = { limit: 1, window: "1m" };

/** What is wrong, as `place: message`. */
function mistakes(config: object): string[] {
  try {
    void new Gateway(parseConfig({ routes: [route], ...config }), simulatedHost()).close();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    for (const { hint } of error.issues) assert.match(hint ?? "", /./);
    return error.issues.map(({ path, message }) => `${formatPath(path)}: ${message}`);
  }
}

const accepted: readonly (readonly [what: string, config: object])[] = [
  ["several that authenticate and tell by one header", { policies: { jwt, apiKey } }],
  ["a header of its own for each", { tenants, policies: { jwt, tenant } }],
  [
    "one header on different routes",
    {
      tenants,
      policies: { tenant: { from: [{ header: "x-tenant" }], header: "x-user" } },
      routes: [
        { ...route, policies: { jwt, tenant: false } },
        { ...route, path: "/b" },
      ],
    },
  ],
  [
    "tenants by a header that clients send",
    { tenants, policies: { tenant: { from: [{ header: "x-t" }], header: "x-t" } } },
  ],
  [
    "headers that clients send",
    {
      policies: {
        jwt,
        apiKey,
        rateLimit: { ...limit, key: { header: "x-a" } },
        validate: { headers: { "x-b": true } },
      },
      routes: [{ ...route, headers: { "x-c": true } }],
    },
  ],
];
for (const [what, config] of accepted) {
  test(`takes ${what}`, () => assert.deepEqual(mistakes(config), []));
}

const looked = (who: string, header: string, owner: string): string =>
  `${who} looks for the header ${header}, and what clients send in it is deleted: it belongs to ${owner}`;
const shared = (one: string, other: string, header: string, route = "* /a"): string =>
  `${one} and ${other} both use the header ${header}, and the route ${route} has both`;

const refused: readonly (readonly [what: string, config: object, ...mistakes: string[]])[] = [
  [
    "a claim and the tenant",
    { tenants, policies: { jwt: { ...jwt, claimsToHeaders: { tenant: "x-tenant-id" } }, tenant } },
    `policies.tenant: ${shared("jwt", "tenant", "x-tenant-id")}`,
  ],
  [
    "a claim and what one tenant of several has",
    { tenants, policies: { jwt: { ...jwt, claimsToHeaders: { shard: "x-shard" } }, tenant } },
    `policies.tenant: ${shared("jwt", "tenant", "x-shard")}`,
  ],
  [
    "a caller and the token that tells of it, once for all routes",
    {
      policies: {
        apiKey: { ...apiKey, callerToHeaders: { id: "x-internal-token" } },
        internalToken: { secret: jwt.secret, issuer: "gateway" },
      },
      routes: [route, { ...route, path: "/b" }],
    },
    `policies.internalToken: ${shared("apiKey", "internalToken", "x-internal-token")}`,
  ],
  [
    "a key in the header that tells who is calling",
    { policies: { apiKey: { ...apiKey, callerToHeaders: { id: "x-api-key" } } } },
    `policies.apiKey.from.header: ${looked("apiKey", "x-api-key", "apiKey")}`,
  ],
  [
    "a key in the header of a policy further down",
    {
      policies: { apiKey: { ...apiKey, from: { header: "X-User" }, callerToHeaders: {} } },
      routes: [{ ...route, policies: { jwt } }],
    },
    `policies.apiKey.from.header: ${looked("apiKey", "x-user", "jwt")}`,
  ],
  [
    "limits by it",
    {
      policies: {
        jwt,
        rateLimit: [
          { ...limit, key: { header: "X-User" } },
          { ...limit, name: "b", key: ["ip", { header: "x-team" }] },
        ],
      },
    },
    `policies.rateLimit[0].key: ${looked("rateLimit", "x-user", "jwt")}`,
    `policies.rateLimit[1].key[1]: ${looked("rateLimit", "x-team", "jwt")}`,
  ],
  [
    "a request that must have it",
    { policies: { jwt, validate: { headers: { "X-Team": true } } } },
    `policies.validate.headers.X-Team: ${looked("validate", "x-team", "jwt")}`,
  ],
  [
    "a route that is matched by it",
    { routes: [{ ...route, headers: { "X-User": "1" }, policies: { jwt } }] },
    `routes[0].headers.x-user: ${looked("the route", "x-user", "jwt")}`,
  ],
];
for (const [what, config, ...expected] of refused) {
  test(`refuses ${what}`, () => assert.deepEqual(mistakes(config), expected));
}

const byQuery = (name: string) => ({ from: { query: name } });
const places: readonly (readonly [what: string, jwtName: string, keyName: string, taken: boolean])[] = [
  ["one parameter for tokens and keys", "key", "key", true],
  ["a parameter for each", "token", "key", false],
];
for (const [what, jwtName, keyName, taken] of places) {
  test(`${taken ? "refuses" : "takes"} ${what}`, () => {
    const policies = { jwt: { ...jwt, ...byQuery(jwtName) }, apiKey: { ...apiKey, ...byQuery(keyName) } };
    const told =
      "policies.apiKey: jwt and apiKey both take the query parameter key, and the route * /a has both";
    assert.deepEqual(mistakes({ policies }), taken ? [told] : []);
  });
}
