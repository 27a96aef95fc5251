/** Names and types of claims in a config in TypeScript: what is checked here is checked by the compiler. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { AllowFunction, Caller, ClaimsOf, FetchFunction } from "../index.ts";
import { defineConfig, env, type ConfigWith } from "./define.ts";
import { parseConfig } from "./parse.ts";

const jwt = { secret: "a secret that is long enough for HS256", algorithms: ["HS256"] as ["HS256"] };

const claims = {
  tenant: "string",
  level: "integer",
  verified: "boolean",
  role: ["admin", "clerk"],
  groups: { list: "string" },
  teams: { oneOrMore: "string" },
  realm_access: { object: { roles: { list: ["admin", "support"] } } },
  raw: "any",
} as const;

const handler = "respond";

it("takes any JSON where that is what a handler answers, with and without types of claims", () => {
  const json = [{ nested: [1, null, { text: true }] }];
  const routes = [
    { path: "/text", handler: { respond: { status: 404, body: "text" } } },
    { path: "/json", handler: { respond: { json } } },
  ];
  for (const config of [defineConfig({ routes }), defineConfig({ claims, routes })]) {
    assert.deepEqual(
      parseConfig(config).routes.map((route) => "handler" in route && route.handler?.config),
      [
        { status: 404, headers: {}, body: "text" },
        { status: 200, headers: {}, json },
      ],
    );
  }
});

it("takes the names of claims wherever one is named, and functions that see their types", () => {
  const config = defineConfig({
    claims,
    policies: {
      jwt: {
        ...jwt,
        requiredClaims: ["tenant", "jti", { claim: "role", values: ["admin"] }],
        plan: "tenant",
        claimsToHeaders: { sub: "x-user-id", tenant: "x-tenant", raw: "x-raw" },
      },
      rateLimit: [
        { name: "a", limit: 10, window: "1m", key: { claim: "tenant" } },
        {
          name: "b",
          limit: { claim: "level", default: 1, max: 10 },
          window: "1m",
          key: ["route", { claim: "sub" }],
        },
      ],
    },
    routes: [
      {
        path: "/a",
        handler: { fetch: (_request, { caller }) => new Response(caller?.claims.tenant ?? "nobody") },
        policies: {
          allow: {
            claim: {
              role: ["admin", "clerk"],
              level: 3,
              verified: true,
              groups: { contains: "staff" },
              realm_access: { at: ["roles"], contains: "admin" },
              raw: "whatever",
            },
            roleClaim: { name: "realm_access", at: ["roles"] },
            role: "admin",
          },
        },
      },
      {
        path: "/b/{tenant}",
        handler,
        policies: {
          allow: ({ claims }, { params }) => {
            const role: "admin" | "clerk" | null | undefined = claims.role;
            const level: number | null | undefined = claims.level;
            const groups: readonly string[] | null | undefined = claims.groups;
            const teams: string | readonly string[] | null | undefined = claims.teams;
            const subject: string | null | undefined = claims.sub;
            const isAdmin = claims.realm_access?.roles?.includes("admin");
            return isAdmin === true || [role, level, groups, teams, subject, params["a"]].length === 6;
          },
        },
      },
      { prefix: "/c", policies: { allow: { not: { claim: { role: "clerk" } } } }, routes: [] },
    ],
  });
  assert.deepEqual(parseConfig(config).claims, claims);
});

type Policies = NonNullable<ConfigWith<never, typeof claims>["policies"]>;

/** Checked by the compiler alone. */
function policies(_policies: Policies): void {}

const each = { limit: 1, window: "1m" };
const token = { signingKey: env("KEY"), algorithm: "ES256", issuer: "gateway" } as const;

it("refuses names that no claim has", () => {
  // @ts-expect-error: there is no such claim
  policies({ jwt: { ...jwt, requiredClaims: ["tennant"] } });
  // @ts-expect-error: nor one with values
  policies({ jwt: { ...jwt, requiredClaims: [{ claim: "rol", values: ["admin"] }] } });
  // @ts-expect-error: nor for a plan
  policies({ jwt: { ...jwt, plan: "plan" } });
  // @ts-expect-error: nor to tell services
  policies({ jwt: { ...jwt, claimsToHeaders: { tennant: "x-tenant" } } });
  // @ts-expect-error: nor as a key
  policies({ rateLimit: { ...each, key: { claim: "team" } } });
  // @ts-expect-error: nor as part of one
  policies({ rateLimit: { ...each, key: ["ip", { claim: "team" }] } });
  // @ts-expect-error: nor as a size
  policies({ rateLimit: { ...each, limit: { claim: "quota", default: 1, max: 2 } } });
  // @ts-expect-error: nor for the tenant
  policies({ tenant: { from: [{ claim: "tennant" }] } });
  // @ts-expect-error: nor in a rule
  policies({ allow: { claim: { tennant: "acme" } } });
  // @ts-expect-error: nor in a rule of a rule
  policies({ allow: { any: [{ not: { claim: { rol: "admin" } } }] } });
  // @ts-expect-error: nor for roles
  policies({ allow: { role: "admin", roleClaim: "roles" } });
  // @ts-expect-error: nor in a token of the gateway's own
  policies({ internalToken: { ...token, claims: ["tennant"] } });
});

it("refuses values that a claim never has, and what functions make of it", () => {
  // @ts-expect-error: the role is never this
  policies({ allow: { claim: { role: "admim" } } });
  // @ts-expect-error: nor one of these
  policies({ allow: { claim: { role: ["admin", "boss"] } } });
  // @ts-expect-error: the level is no text
  policies({ allow: { claim: { level: "3" } } });
  // @ts-expect-error: there is no such claim
  policies({ allow: ({ claims }) => claims.tennant === "acme" });
  // @ts-expect-error: the role is never this
  policies({ allow: ({ claims }) => claims.role === "admim" });
  // @ts-expect-error: a caller may lack it
  policies({ allow: ({ claims }) => claims.level > 3 });
});

it("refuses the same on routes and in groups, by what the config itself says of claims", () => {
  const allow = { claim: { team: "red" } };
  // @ts-expect-error: there is no such claim
  defineConfig({ claims: { tenant: "string" }, policies: { allow }, routes: [] });
  // @ts-expect-error: nor on a route
  defineConfig({ claims: { tenant: "string" }, routes: [{ path: "/", handler, policies: { allow } }] });
  // @ts-expect-error: nor in a group
  defineConfig({ claims: { tenant: "string" }, routes: [{ prefix: "/a", policies: { allow }, routes: [] }] });
  // @ts-expect-error: no such type
  defineConfig({ claims: { tenant: "text" }, routes: [] });
  defineConfig({ claims: { team: "string" }, policies: { allow }, routes: [] });
});

it("leaves names and values alone where claims have no types", () => {
  defineConfig({
    policies: {
      jwt: { ...jwt, requiredClaims: ["whatever"], claimsToHeaders: { whatever: "x-whatever" } },
      allow: ({ claims }) => claims["whatever"] === 1,
    },
    routes: [],
  });
  // @ts-expect-error: of what is not known, everything has to be looked at
  defineConfig({ policies: { allow: ({ claims }) => claims["whatever"].length > 0 }, routes: [] });
});

const isAcme: AllowFunction<typeof claims> = ({ claims }) => claims.tenant === "acme";
const answer: FetchFunction<typeof claims> = (_request, { caller }) => Response.json(caller?.claims.level);

it("gives functions of other files the same types", () => {
  const nameTenant = (caller: Caller<ClaimsOf<typeof claims>>): string => caller.claims.tenant ?? "none";
  defineConfig({
    claims,
    policies: { allow: (caller, request) => isAcme(caller, request) && nameTenant(caller) !== "" },
    routes: [{ path: "/", handler: { fetch: answer }, policies: { allow: { check: isAcme } } }],
  });
  // @ts-expect-error: the handler counts on claims that this config does not promise
  defineConfig({ claims: { level: "string" }, routes: [{ path: "/", handler: { fetch: answer } }] });
  // @ts-expect-error: the function counts on claims that this config does not promise
  defineConfig({ claims: { tenant: "integer" }, policies: { allow: isAcme }, routes: [] });
});
