/** Which requests a rule lets pass: tables of rule, caller, request and outcome. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Caller } from "../../core/caller.ts";
import { callerOf, codeOf, decide, type Asked, type Config } from "./testing.ts";

const FORBIDDEN = "allow.forbidden";
const SCOPE = "allow.insufficient_scope";
const UNKNOWN = "allow.unauthenticated";

type Row = readonly [config: Config, caller: Caller | undefined, code: string, asked?: Asked];

const admin = callerOf({ role: "admin" });
const user = callerOf({ role: "user" });
const reader = callerOf({}, { scopes: ["orders:read", "profile"] });
/** Not out of JSON: what it inherits is not said of the caller. */
const heir = callerOf(
  {},
  { claims: Object.create({ role: "admin", a: 1, nested: { b: 1 } }) as Caller["claims"] },
);
const nestedHeir = callerOf({}, { claims: { a: Object.create({ b: 1 }) as unknown } });
const banned = callerOf({ suspended: true });

const tables: Readonly<Record<string, readonly Row[]>> = {
  role: [
    [{ role: "admin" }, admin, ""],
    [{ role: "admin" }, user, FORBIDDEN],
    [{ role: ["support", "admin"] }, admin, ""],
    [{ role: ["support", "admin"] }, user, FORBIDDEN],
    [{ role: "admin" }, undefined, UNKNOWN],
    [{ role: "admin" }, callerOf({ roles: "admin" }), ""],
    [{ role: "admin" }, callerOf({ roles: ["user", "admin"] }), ""],
    [{ role: "admin" }, callerOf({ role: ["admin"] }), ""],
    [{ role: "admin" }, callerOf({ role: "user", roles: ["admin"] }), ""],
    [{ role: "admin" }, callerOf({ role: [7, null, "admin"] }), ""],
    // What is no text or list of texts is no role.
    [{ role: "admin" }, callerOf({ role: "admin user" }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: "user,admin" }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: "Admin" }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: "admin " }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: [["admin"]] }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: { admin: true } }), FORBIDDEN],
    [{ role: "admin" }, callerOf({ role: { 0: "admin", length: 1 } }), FORBIDDEN],
    [{ role: "null" }, callerOf({ role: null }), FORBIDDEN],
    [{ role: "true" }, callerOf({ role: true }), FORBIDDEN],
    [{ role: "1" }, callerOf({ role: 1 }), FORBIDDEN],
    [{ role: "1" }, callerOf({ role: [1] }), FORBIDDEN],
    [{ role: "admin" }, callerOf({}), FORBIDDEN],
    [{ role: "admin" }, callerOf({ ROLE: "admin" }), FORBIDDEN],
  ],
  "role in another claim": [
    [
      { role: "admin", roleClaim: "https://example.com/roles" },
      callerOf({ "https://example.com/roles": ["admin"] }),
      "",
    ],
    [{ role: "admin", roleClaim: "https://example.com/roles" }, admin, FORBIDDEN],
    [{ role: "admin", roleClaim: "a.b" }, callerOf({ "a.b": "admin" }), ""],
    [{ role: "admin", roleClaim: "a.b" }, callerOf({ a: { b: "admin" } }), FORBIDDEN],
    [
      { role: "admin", roleClaim: { name: "realm_access", at: ["roles"] } },
      callerOf({ realm_access: { roles: ["admin"] } }),
      "",
    ],
    [
      { role: "admin", roleClaim: { name: "realm_access", at: ["roles"] } },
      callerOf({ realm_access: ["admin"] }),
      FORBIDDEN,
    ],
    [{ any: [{ not: { role: "guest" } }], roleClaim: "groups" }, callerOf({ groups: ["guest"] }), FORBIDDEN],
  ],
  scopes: [
    [{ scopes: "orders:read" }, reader, ""],
    [{ scopes: ["orders:read", "profile"] }, reader, ""],
    [{ scopes: ["orders:read", "orders:write"] }, reader, SCOPE],
    [{ scopes: "orders:read" }, callerOf({}), SCOPE],
    [{ scopes: "orders" }, reader, SCOPE],
    [{ scopes: "orders:read" }, undefined, UNKNOWN],
    // What the claim says is for whoever establishes the caller to read.
    [{ scopes: "orders:read" }, callerOf({ scope: "orders:read" }), SCOPE],
    [{ scopes: "orders:read", role: "admin" }, user, FORBIDDEN],
    [{ scopes: "orders:read", role: "admin" }, admin, SCOPE],
    [{ scopes: "orders:read", role: "admin" }, { ...user, scopes: ["orders:read"] }, FORBIDDEN],
    [{ any: [{ scopes: ["a", "b"] }, { role: "x" }, { scopes: "c" }] }, user, SCOPE],
    // The way that needs fewer scopes is closed by something else.
    [{ any: [{ scopes: "a", role: "x" }, { scopes: ["b", "c"] }] }, user, SCOPE],
    // No scope helps where one that would is excluded.
    [{ scopes: "a", not: { scopes: "a" } }, user, FORBIDDEN],
    [{ scopes: "a", not: { scopes: "b" } }, { ...user, scopes: ["b"] }, FORBIDDEN],
    [{ not: { scopes: "a" } }, { ...user, scopes: ["a"] }, FORBIDDEN],
  ],
  "a claim's value": [
    [{ claim: { tenant: "acme" } }, callerOf({ tenant: "acme" }), ""],
    [{ claim: { tenant: "acme" } }, callerOf({ tenant: "ACME" }), FORBIDDEN],
    [{ claim: { tenant: "acme" } }, callerOf({ tenant: ["acme"] }), FORBIDDEN],
    [{ claim: { tenant: ["acme", "globex"] } }, callerOf({ tenant: "globex" }), ""],
    [{ claim: { tenant: ["acme", "globex"] } }, callerOf({ tenant: ["globex"] }), FORBIDDEN],
    [{ claim: { tenant: ["acme", "globex"] } }, callerOf({ tenant: "other" }), FORBIDDEN],
    [{ claim: { tenant: { is: "acme" } } }, callerOf({ tenant: "acme" }), ""],
    [{ claim: { tenant: { is: ["acme"] } } }, callerOf({ tenant: "acme" }), ""],
    [{ claim: { tenant: "acme", level: 3 } }, callerOf({ tenant: "acme", level: 3 }), ""],
    [{ claim: { tenant: "acme", level: 3 } }, callerOf({ tenant: "acme" }), FORBIDDEN],
    [{ claim: { tenant: "acme" } }, undefined, UNKNOWN],
    [{ claim: { level: 1 } }, callerOf({ level: 1 }), ""],
    [{ claim: { level: 1 } }, callerOf({ level: 1.0 }), ""],
    [{ claim: { level: 0 } }, callerOf('{"level":-0}'), ""],
    [{ claim: { level: 1 } }, callerOf({ level: "1" }), FORBIDDEN],
    [{ claim: { level: "1" } }, callerOf({ level: 1 }), FORBIDDEN],
    [{ claim: { level: 1 } }, callerOf({ level: true }), FORBIDDEN],
    [{ claim: { level: 1 } }, callerOf({ level: [1] }), FORBIDDEN],
    [{ claim: { level: 0 } }, callerOf({ level: null }), FORBIDDEN],
    [{ claim: { level: 0 } }, callerOf({ level: "" }), FORBIDDEN],
    [{ claim: { level: Number.MAX_SAFE_INTEGER } }, callerOf('{"level":9007199254740993}'), FORBIDDEN],
    [{ claim: { verified: true } }, callerOf({ verified: true }), ""],
    [{ claim: { verified: true } }, callerOf({ verified: "true" }), FORBIDDEN],
    [{ claim: { verified: true } }, callerOf({ verified: 1 }), FORBIDDEN],
    [{ claim: { verified: false } }, callerOf({ verified: null }), FORBIDDEN],
    [{ claim: { verified: false } }, callerOf({}), FORBIDDEN],
    [{ claim: { tenant: "" } }, callerOf({ tenant: "" }), ""],
    [{ claim: { tenant: "" } }, callerOf({}), FORBIDDEN],
    [{ claim: { tenant: "" } }, callerOf({ tenant: [] }), FORBIDDEN],
    [{ claim: { tenant: "[object Object]" } }, callerOf({ tenant: {} }), FORBIDDEN],
    [{ claim: { tenant: "undefined" } }, callerOf({}), FORBIDDEN],
    [{ claim: { tenant: [1, true] } }, callerOf({ tenant: "1" }), FORBIDDEN],
  ],
  "names of claims": [
    [{ claim: { "a.b": "x" } }, callerOf({ "a.b": "x" }), ""],
    [{ claim: { "a.b": "x" } }, callerOf({ a: { b: "x" } }), FORBIDDEN],
    [{ claim: { "https://example.com/tier": "gold" } }, callerOf({ "https://example.com/tier": "gold" }), ""],
    [{ claim: { a: { at: ["b"], is: "x" } } }, callerOf({ a: { b: "x" } }), ""],
    [{ claim: { a: { at: ["b"], is: "x" } } }, callerOf({ "a.b": "x" }), FORBIDDEN],
    [{ claim: { a: { at: ["b", "c"], is: "x" } } }, callerOf({ a: { b: { c: "x" } } }), ""],
    [{ claim: { a: { at: ["b", "c"], is: "x" } } }, callerOf({ a: { b: "x" } }), FORBIDDEN],
    [{ claim: { a: { at: ["b"], is: "x" } } }, callerOf({ a: null }), FORBIDDEN],
    [{ claim: { a: { at: ["0"], is: "x" } } }, callerOf({ a: ["x"] }), FORBIDDEN],
    [{ claim: { a: { at: ["length"], is: 1 } } }, callerOf({ a: "x" }), FORBIDDEN],
    [{ claim: { a: { at: ["length"], is: 1 } } }, callerOf({ a: ["x"] }), FORBIDDEN],
    // Members of prototypes are no claims, and claims of their names are claims.
    [{ claim: { a: { at: ["constructor", "name"], is: "Object" } } }, callerOf({ a: {} }), FORBIDDEN],
    [{ claim: { a: { at: ["__proto__"], is: "x" } } }, callerOf('{"a":{"__proto__":"x"}}'), ""],
    [{ claim: { a: { at: ["__proto__", "b"], is: "x" } } }, callerOf({ a: {} }), FORBIDDEN],
    [{ role: "Object", roleClaim: { name: "constructor", at: ["name"] } }, callerOf({}), FORBIDDEN],
    [{ role: "x", roleClaim: "__proto__" }, callerOf('{"__proto__":"x"}'), ""],
    [{ role: "x", roleClaim: "__proto__" }, callerOf('{"__proto__":{"role":"x"}}'), FORBIDDEN],
    [{ role: "x" }, callerOf('{"__proto__":{"role":"x"}}'), FORBIDDEN],
    [{ role: "admin" }, heir, FORBIDDEN],
    [{ claim: { a: 1 } }, heir, FORBIDDEN],
    [{ claim: { nested: { at: ["b"], is: 1 } } }, heir, FORBIDDEN],
    [{ claim: { a: { at: ["b"], is: 1 } } }, nestedHeir, FORBIDDEN],
    [{ claim: { toString: "x", a: 1 } }, callerOf({ a: 1 }), FORBIDDEN],
  ],
  "lists in claims": [
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: ["a", "staff"] }), ""],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: [] }), FORBIDDEN],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: "staff" }), FORBIDDEN],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: "is staff of" }), FORBIDDEN],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: { staff: true } }), FORBIDDEN],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({ groups: [["staff"]] }), FORBIDDEN],
    [{ claim: { groups: { contains: ["staff", "ops"] } } }, callerOf({ groups: ["ops"] }), ""],
    [{ claim: { groups: { contains: ["staff", "ops"] } } }, callerOf({ groups: ["dev"] }), FORBIDDEN],
    [{ claim: { groups: { contains: 1 } } }, callerOf({ groups: ["1"] }), FORBIDDEN],
    [{ claim: { groups: { contains: 1 } } }, callerOf({ groups: [true, 1] }), ""],
    [{ claim: { r: { at: ["roles"], contains: "x" } } }, callerOf({ r: { roles: ["x"] } }), ""],
    [{ claim: { groups: { contains: "staff" } } }, callerOf({}), FORBIDDEN],
  ],
  "what the path says": [
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: "7" }), "", { params: { id: "7" } }],
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: "7" }), FORBIDDEN, { params: { id: "8" } }],
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: 7 }), FORBIDDEN, { params: { id: "7" } }],
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: ["7"] }), FORBIDDEN, { params: { id: "7" } }],
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: "a" }), FORBIDDEN, { params: { id: "A" } }],
    // Neither is there: that is not equality.
    [{ claim: { sub: { param: "id" } } }, callerOf({}), FORBIDDEN, { params: {} }],
    [{ claim: { sub: { param: "id" } } }, callerOf({ sub: null }), FORBIDDEN, { params: { id: "null" } }],
    [{ claim: { sub: { param: "id" } } }, callerOf({}), FORBIDDEN, { params: { id: "undefined" } }],
    [{ claim: { sub: { is: { param: "id" } } } }, callerOf({ sub: "7" }), "", { params: { id: "7" } }],
    [
      { claim: { teams: { contains: { param: "team" } } } },
      callerOf({ teams: ["a", "b"] }),
      "",
      { params: { team: "b" } },
    ],
    [
      { claim: { teams: { contains: { param: "team" } } } },
      callerOf({ teams: ["a"] }),
      FORBIDDEN,
      { params: { team: "b" } },
    ],
    [
      { claim: { teams: { contains: { param: "team" } } } },
      callerOf({ teams: "b" }),
      FORBIDDEN,
      { params: { team: "b" } },
    ],
    [
      { claim: { org: { at: ["id"], param: "org" } } },
      callerOf({ org: { id: "o1" } }),
      "",
      { params: { org: "o1" } },
    ],
    [{ id: { param: "id" } }, callerOf(), "", { params: { id: "alice" } }],
    [{ id: { param: "id" } }, callerOf(), FORBIDDEN, { params: { id: "bob" } }],
    [{ id: { param: "id" } }, undefined, UNKNOWN, { params: { id: "alice" } }],
  ],
  "id and kind": [
    [{ id: "alice" }, callerOf(), ""],
    [{ id: ["bob", "alice"] }, callerOf(), ""],
    [{ id: "bob" }, callerOf(), FORBIDDEN],
    [{ kind: "jwt" }, callerOf(), ""],
    [{ kind: ["basic", "apiKey"] }, callerOf(), FORBIDDEN],
    [{ kind: ["basic", "apiKey"] }, callerOf({}, { kind: "apiKey" }), ""],
    [{ kind: "jwt" }, undefined, UNKNOWN],
  ],
  method: [
    [{ method: "GET" }, undefined, ""],
    [{ method: "GET" }, user, "", { method: "HEAD" }],
    [{ method: ["PUT", "POST"] }, undefined, "", { method: "POST" }],
    [{ method: ["PUT", "POST"] }, undefined, FORBIDDEN],
    [{ method: "HEAD" }, undefined, FORBIDDEN],
    [{ method: "GET" }, undefined, FORBIDDEN, { method: "get" }],
    [{ not: { method: "GET" } }, undefined, FORBIDDEN, { method: "HEAD" }],
    [{ not: { method: ["GET", "OPTIONS"] } }, undefined, "", { method: "PURGE" }],
  ],
  tenant: [
    [{ tenant: "acme" }, user, "", { tenant: "acme" }],
    [{ tenant: "acme" }, undefined, "", { tenant: "acme" }],
    [{ tenant: "acme" }, user, FORBIDDEN, { tenant: "globex" }],
    [{ tenant: "acme" }, user, FORBIDDEN, { tenant: "ACME" }],
    [{ tenant: ["globex", "acme"] }, user, "", { tenant: "acme" }],
    [{ tenant: "acme" }, user, FORBIDDEN],
    [{ tenant: "acme" }, undefined, UNKNOWN],
    // What the policy tenant has not found is no tenant, whatever the caller claims.
    [{ tenant: "acme" }, callerOf({ tenant: "acme" }), FORBIDDEN],
    [{ not: { tenant: "acme" } }, user, ""],
    [{ not: { tenant: "acme" } }, user, FORBIDDEN, { tenant: "acme" }],
    [{ not: { tenant: "acme" } }, undefined, UNKNOWN],
    [{ tenant: { param: "org" } }, user, "", { tenant: "acme", params: { org: "acme" } }],
    [{ tenant: { param: "org" } }, user, FORBIDDEN, { tenant: "acme", params: { org: "globex" } }],
    [{ tenant: { param: "org" } }, user, FORBIDDEN, { params: {} }],
  ],
  combinations: [
    [{ all: [{ role: "admin" }, { method: "GET" }] }, admin, ""],
    [{ all: [{ role: "admin" }, { method: "GET" }] }, admin, FORBIDDEN, { method: "PUT" }],
    [{ any: [{ role: "admin" }, { method: "GET" }] }, user, ""],
    [{ any: [{ role: "admin" }, { method: "GET" }] }, user, FORBIDDEN, { method: "PUT" }],
    [{ not: { claim: { suspended: true } } }, user, ""],
    [{ not: { claim: { suspended: true } } }, banned, FORBIDDEN],
    [{ not: { not: { role: "admin" } } }, admin, ""],
    [{ not: { not: { role: "admin" } } }, user, FORBIDDEN],
    // All that stands in one rule must hold, under `not`, too.
    [{ role: "admin", any: [{ method: "GET" }], not: { claim: { suspended: true } } }, admin, ""],
    [{ not: { role: "admin", method: "DELETE" } }, admin, ""],
    [{ not: { role: "admin", method: "DELETE" } }, admin, FORBIDDEN, { method: "DELETE" }],
  ],
  "without a caller": [
    [{ any: [{ role: "admin" }, { method: "GET" }] }, undefined, ""],
    [{ any: [{ role: "admin" }, { method: "GET" }] }, undefined, UNKNOWN, { method: "PUT" }],
    [{ all: [{ role: "admin" }, { method: "GET" }] }, undefined, UNKNOWN],
    // A token would not help.
    [{ all: [{ role: "admin" }, { method: "GET" }] }, undefined, FORBIDDEN, { method: "PUT" }],
    [{ not: { role: "guest" } }, undefined, UNKNOWN],
    [{ not: { not: { not: { claim: { suspended: true } } } } }, undefined, UNKNOWN],
    [{ not: { all: [{ role: "guest" }, { method: "PUT" }] } }, undefined, ""],
    [{ not: { any: [{ role: "guest" }, { method: "GET" }] } }, undefined, FORBIDDEN],
  ],
};

for (const [title, rows] of Object.entries(tables)) {
  describe(`allow: ${title}`, () => {
    for (const [config, caller, code, asked = {}] of rows) {
      const who = caller === undefined ? "nobody" : JSON.stringify(caller.claims);
      test(`${JSON.stringify(config)} of ${who} ${JSON.stringify(asked)}: ${code || "passes"}`, () => {
        assert.equal(codeOf(decide(config, caller, asked)), code);
      });
    }
  });
}
