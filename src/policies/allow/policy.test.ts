import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Caller } from "../../core/caller.ts";
import { allowPolicy } from "./policy.ts";
import { allowConfig } from "./schema.ts";
import {
  callerOf,
  codeOf,
  createAllow,
  decide,
  exchangeOf,
  fieldOf,
  type Asked,
  type Config,
} from "./testing.ts";
import { testAround } from "../../testing/around.ts";

function inheritanceOf(config: Config): string | undefined {
  return allowPolicy.facts!(allowConfig.parse(config), testAround()).inheritance;
}

const user = callerOf({ role: "user", tenant: "s3cret-tenant", email: "a@example.com" });

describe("allow: what a refusal says", () => {
  test("scopes that are missing, in the challenge and the body", () => {
    const reply = decide({ scopes: ["a:read", "a:write", "b"] }, { ...user, scopes: ["a:read"] });
    assert.equal(reply?.status, 403);
    assert.equal(
      fieldOf(reply, "www-authenticate"),
      'Bearer realm="here", error="insufficient_scope", scope="a:write b"',
    );
    assert.deepEqual(reply?.refusal?.members, { missing_scopes: ["a:write", "b"] });
    assert.equal(reply?.refusal?.detail, "The caller lacks the scopes a:write, b.");
  });

  test("the smallest set of scopes where several would do", () => {
    const rule = {
      any: [{ scopes: ["a", "b"] }, { scopes: "c" }, { all: [{ scopes: "d" }, { scopes: ["d", "e"] }] }],
    };
    assert.deepEqual(decide(rule, user)?.refusal?.members, { missing_scopes: ["c"] });
    const some = { ...user, scopes: ["d", "x"] };
    assert.deepEqual(decide({ any: rule.any.slice(2) }, some)?.refusal?.members, { missing_scopes: ["e"] });
    assert.equal(decide(rule.any[1]!, user)?.refusal?.detail, "The caller lacks the scope c.");
  });

  for (const kind of ["jwt", "introspection", "apiKey", "basic"] as const) {
    test(`a challenge for more scopes goes to who has a token: ${kind}`, () => {
      const reply = decide({ scopes: "a" }, { ...user, kind });
      assert.equal(codeOf(reply), "allow.insufficient_scope");
      assert.equal(reply?.headers !== undefined, kind === "jwt" || kind === "introspection");
    });
  }

  test("a missing caller is challenged", () => {
    const reply = decide({ role: "admin" }, undefined);
    assert.equal(reply?.status, 401);
    assert.equal(fieldOf(reply, "www-authenticate"), 'Bearer realm="here"');
  });

  test("the challenges are those of the route: all of them, the token's alone for scopes, and none where nothing would help", () => {
    const challenges = ['ApiKey realm="k"', 'Bearer realm="t"', 'Basic realm="b"'];
    const stranger = decide({ role: "admin" }, undefined, { challenges });
    assert.deepEqual(
      stranger?.headers,
      challenges.flatMap((value) => ["www-authenticate", value]),
    );
    const scopes = decide({ scopes: "a" }, user, { challenges });
    assert.deepEqual(scopes?.headers, [
      "www-authenticate",
      'Bearer realm="t", error="insufficient_scope", scope="a"',
    ]);
    for (const config of [{ tenant: "acme" }, { not: { tenant: "acme" } }]) {
      const nobody = decide(config, undefined, { challenges: [] });
      assert.deepEqual([codeOf(nobody), nobody?.headers], ["allow.forbidden", undefined]);
      assert.match(nobody?.refusal?.detail ?? "", /tenant is one that is accepted here/);
    }
  });

  const words: readonly (readonly [config: Config, words: string, caller?: Caller, asked?: Asked])[] = [
    [{ role: "admin" }, 'role is "admin"'],
    [{ role: ["admin", "support"] }, 'role is one of "admin", "support"'],
    [{ method: "PUT" }, "method is PUT"],
    [{ kind: ["basic", "apiKey"] }, "caller is known by one of basic, apiKey"],
    [{ claim: { tenant: "acme" } }, 'claim "tenant" is what is accepted here'],
    [{ claim: { tenant: { contains: "acme" } } }, 'claim "tenant" contains what is accepted here'],
    [{ claim: { a: { at: ["b"], is: 1 } } }, 'claim "a" > "b" is what is accepted here'],
    [{ claim: { sub: { param: "id" } } }, 'claim "sub" is {id} of the path'],
    [{ claim: { teams: { contains: { param: "team" } } } }, 'claim "teams" contains {team} of the path'],
    [{ id: "bob" }, "caller is one that is accepted here"],
    [{ id: { param: "id" } }, "caller is {id} of the path"],
    [{ tenant: ["acme", "globex"] }, "tenant is one that is accepted here"],
    [{ tenant: { param: "org" } }, "tenant is {org} of the path"],
    [{ not: { role: "user" } }, 'not role is "user"'],
    [{ not: { any: [{ role: "user" }, { method: "GET" }] } }, 'not (role is "user" or method is GET)'],
    // Of an `all`, only what does not hold is named.
    [
      { role: "user", method: "PUT", claim: { tenant: "acme" } },
      'method is PUT and claim "tenant" is what is accepted here',
    ],
    [{ all: [{ role: "user" }, { role: "admin" }] }, 'role is "admin"'],
    [
      { any: [{ role: "admin" }, { all: [{ scopes: ["a", "b"] }, { method: "PUT" }] }] },
      'role is "admin" or (scopes include "b" and method is PUT)',
      { ...user, scopes: ["a"] },
    ],
  ];
  for (const [config, expected, caller = user, asked = {}] of words) {
    test(`${JSON.stringify(config)}: ${expected}`, () => {
      const reply = decide(config, caller, asked);
      assert.equal(codeOf(reply), "allow.forbidden");
      assert.equal(reply?.headers, undefined);
      assert.equal(reply?.refusal?.detail, `The rule of this route does not hold: ${expected}.`);
    });
  }

  test("no values of claims, neither the caller's nor the rule's, nor ids", () => {
    const config = {
      claim: { tenant: ["acme-inc", "globex-inc"], email: { is: "root@example.com" }, level: 4711 },
      id: ["bob-the-other", "carol-the-other"],
      tenant: "initech-inc",
      not: { claim: { tenant: "s3cret-tenant" } },
    };
    const text = JSON.stringify(decide(config, user));
    for (const value of [/inc/, /root@/, /4711/, /other/, /s3cret/, /a@example/, /alice/])
      assert.doesNotMatch(text, value);
  });

  test("of a long rule, not all", () => {
    const role = Array.from({ length: 1000 }, (_, i) => `role number ${i}`);
    const detail = decide({ role }, user)?.refusal?.detail ?? "";
    assert.ok(detail.length < 600 && detail.endsWith("...."), detail);
  });
});

describe("allow: configs", () => {
  const mistakes: readonly (readonly [given: unknown, message: RegExp])[] = [
    [{}, /at least one condition/],
    [{ inherit: false }, /at least one condition/],
    [{ roleClaim: "x" }, /at least one condition/],
    [{ any: [] }, /Too small/],
    [{ all: [] }, /Too small/],
    [{ any: [{}] }, /at least one condition/],
    [{ not: {} }, /at least one condition/],
    [{ not: { all: [{ role: "a" }, {}] } }, /at least one condition/],
    [{ role: [] }, /Too small|Invalid/],
    [{ role: "" }, /Too small|Invalid/],
    [{ role: 1 }, /Invalid/],
    [{ scopes: [] }, /Invalid|Too small/],
    [{ scopes: "a b" }, /Invalid|expected a scope/],
    [{ scopes: 'a"' }, /Invalid|expected a scope/],
    [{ method: "get" }, /expected one of GET/],
    [{ method: ["GET", "FETCH"] }, /expected one of GET/],
    [{ method: [] }, /Invalid|Too small/],
    [{ kind: "password" }, /expected one of jwt/],
    [{ claim: {} }, /at least one claim/],
    [{ claim: { a: null } }, /Invalid/],
    [{ claim: { a: [] } }, /Too small/],
    [{ claim: { a: [null] } }, /Invalid/],
    [{ claim: { a: {} } }, /Invalid|exactly one test/],
    [{ claim: { a: { at: ["b"] } } }, /Invalid|exactly one test/],
    [{ claim: { a: { at: [], is: 1 } } }, /Too small/],
    [{ claim: { a: { is: 1, contains: 2 } } }, /Invalid|exactly one test/],
    [{ claim: { a: 2 ** 53 } }, /Invalid|Too big/],
    [{ claim: { a: Number.NaN } }, /Invalid/],
    [{ claim: { a: { b: "c" } } }, /Invalid|Unrecognized/],
    [{ claim: { a: { param: "{id}" } } }, /Invalid|without braces/],
    [{ claim: { a: { param: "*" } } }, /Invalid|without braces/],
    [{ id: { claim: "sub" } }, /Invalid|Unrecognized/],
    [{ tenant: "a b" }, /Invalid|name of a tenant/],
    [{ tenant: [] }, /Invalid|Too small/],
    [{ roles: "admin" }, /Unrecognized/],
    [{ any: [{ role: "a", inherit: false }] }, /Unrecognized/],
    [{ check: "x" }, /Invalid|a function/],
    [{ check: { function: () => true, timeout: "2m" } }, /out of range/],
    ["(caller) => true", /Invalid/],
    [true, /Invalid/],
  ];
  for (const [given, message] of mistakes) {
    test(`${JSON.stringify(given)} is refused`, () => {
      const result = allowConfig.safeParse(given);
      assert.ok(!result.success);
      assert.match(JSON.stringify(result.error.issues), message);
    });
  }

  test("roleClaim without a role is refused", () => {
    for (const config of [
      { scopes: "a", roleClaim: "x" },
      { check: () => true, roleClaim: "x" },
    ] as const) {
      assert.throws(() => createAllow(config), ConfigMistake);
    }
    createAllow({ any: [{ scopes: "a" }, { not: { role: "x" } }], roleClaim: "x" });
  });

  const needs: readonly (readonly [
    config: Config,
    caller: boolean,
    params?: readonly string[],
    tenant?: boolean,
  ])[] = [
    [{ method: "GET" }, false],
    [{ not: { any: [{ method: "GET" }, { all: [{ method: "PUT" }] }] } }, false],
    [{ method: "GET", any: [{ all: [{ not: { role: "a" } }] }] }, true],
    [{ scopes: "a" }, true],
    [{ claim: { a: 1 } }, true],
    [{ id: "a" }, true],
    [{ kind: "jwt" }, true],
    [() => true, true],
    [{ id: { param: "a" } }, true, ["a"]],
    [
      {
        claim: {
          a: { param: "b" },
          b: { is: { param: "c" } },
          c: { contains: { param: "d" } },
          d: { is: ["param"] },
        },
      },
      true,
      ["b", "c", "d"],
    ],
    [{ any: [{ not: { claim: { x: { param: "b" } } } }, { id: { param: "b" } }] }, true, ["b"]],
    [{ tenant: "acme" }, false, [], true],
    [{ any: [{ not: { tenant: { param: "org" } } }, { method: "GET" }] }, false, ["org"], true],
  ];
  for (const [config, caller, params = [], tenant = false] of needs) {
    test(`${JSON.stringify(config)} needs ${caller ? "a caller" : "no caller"} and [${params.join()}]`, () => {
      assert.deepEqual(allowPolicy.facts!(allowConfig.parse(config), testAround()).needs, [
        { caller, params },
        { caller: false, tenant, params: [] },
      ]);
    });
  }

  test("a tenant that there is not is refused where it stands", () => {
    const tenants = new Map([["acme", exchangeOf(undefined, { tenant: "acme" }).tenant!]]);
    const create = (config: Config, known = tenants) =>
      allowPolicy.create(allowConfig.parse(config), testAround({ tenants: known }));
    create({ any: [{ tenant: "acme" }, { not: { tenant: ["acme"] } }, { tenant: { param: "org" } }] });
    create({ tenant: "amce" }, new Map());
    for (const [config, path] of [
      [{ tenant: "amce" }, ["tenant"]],
      [{ any: [{ method: "GET" }, { not: { tenant: ["acme", "amce"] } }] }, ["any", 1, "not", "tenant"]],
    ] as const) {
      assert.throws(() => create(config as Config), {
        name: "ConfigMistake",
        message: 'there is no tenant "amce"',
        path,
      });
    }
  });

  test("rules add up unless told otherwise", () => {
    assert.equal(inheritanceOf({ role: "a" }), "adds");
    assert.equal(
      inheritanceOf(() => true),
      "adds",
    );
    assert.equal(inheritanceOf({ role: "a", inherit: false }), "replaces");
  });
});
