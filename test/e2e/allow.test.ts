/** Who may pass, through whole gateways: tokens, rules of groups and routes, and what services are told. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SignJWT } from "jose";
import { ConfigError } from "../../src/config/issue.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createGateway, type AllowRequest, type Caller, type ConfigInput } from "../../src/index.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { stage } from "./harness.ts";
import { newKey, PEPPER } from "../../src/policies/api-key/testing.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };
const ok = { handler: { respond: { body: "ok" } } } as const;

function tokenOf(claims: Readonly<Record<string, unknown>>, sub = "alice"): Promise<string> {
  const exp = Math.floor(Date.UTC(2100, 0, 1) / 1000);
  return new SignJWT({ ...claims, sub, exp }).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(SECRET));
}

async function ask(gateway: Pick<Gateway, "inject">, target: string, token?: string, method = "GET") {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await gateway.inject(new Request(`http://a${target}`, { method, headers }));
  const text = await response.text();
  const problem = response.headers.get("content-type")?.includes("problem") === true;
  const body = problem ? (JSON.parse(text) as Record<string, unknown>) : {};
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate"),
    code: typeof body["code"] === "string" ? body["code"] : "",
    body,
  };
}

const config = {
  log: { level: "silent" },
  policies: { jwt },
  routes: [
    { path: "/anyone", ...ok },
    {
      path: "/users/{id}",
      ...ok,
      policies: { allow: { any: [{ role: "support" }, { claim: { sub: { param: "id" } } }] } },
    },
    {
      path: "/items",
      method: ["GET", "POST"],
      ...ok,
      policies: { allow: { any: [{ method: "GET" }, { scopes: "items:write" }] } },
    },
    {
      prefix: "/admin",
      policies: { allow: { role: "admin" } },
      routes: [
        { path: "/users", ...ok },
        { path: "/billing", method: "PUT", ...ok, policies: { allow: { scopes: ["billing:write"] } } },
        { path: "/help", ...ok, policies: { allow: { role: ["admin", "support"], inherit: false } } },
        { path: "/status", ...ok, policies: { allow: false } },
        {
          prefix: "/eu",
          policies: { allow: { claim: { region: "eu" } } },
          routes: [
            { path: "/users", ...ok },
            { path: "/mine", ...ok, policies: { allow: (caller: Caller) => caller.claims["team"] === "a" } },
            { path: "/open", ...ok, policies: { allow: false } },
          ],
        },
      ],
    },
    {
      prefix: "/public",
      policies: { jwt: false },
      routes: [
        { path: "/read", ...ok, policies: { allow: { method: "GET" } } },
        { path: "/closed", ...ok, policies: { jwt, allow: { role: "admin" } } },
      ],
    },
  ],
} satisfies ConfigInput;

const admin = { role: "admin" };
const support = { role: "support" };

type Row = readonly [
  target: string,
  claims: Readonly<Record<string, unknown>> | undefined,
  outcome: string,
  method?: string,
];

const rows: readonly Row[] = [
  ["/anyone", {}, "200"],
  ["/anyone", undefined, "401 jwt.missing"],
  ["/users/alice", {}, "200"],
  ["/users/%61lice", {}, "200"],
  ["/users/bob", {}, "403 allow.forbidden"],
  ["/users/ALICE", {}, "403 allow.forbidden"],
  ["/users/bob", support, "200"],
  ["/items", {}, "200"],
  ["/items", {}, "200", "HEAD"],
  ["/items", {}, "403 allow.insufficient_scope", "POST"],
  ["/items", { scope: "items:read items:write" }, "200", "POST"],
  ["/items", { scp: ["items:write"] }, "200", "POST"],
  ["/admin/users", admin, "200"],
  ["/admin/users", {}, "403 allow.forbidden"],
  ["/admin/users", undefined, "401 jwt.missing"],
  // A narrower rule does not open the group: both must hold.
  ["/admin/billing", { scope: "billing:write" }, "403 allow.forbidden", "PUT"],
  ["/admin/billing", admin, "403 allow.insufficient_scope", "PUT"],
  ["/admin/billing", { ...admin, scope: "billing:write" }, "200", "PUT"],
  ["/admin/help", support, "200"],
  ["/admin/help", {}, "403 allow.forbidden"],
  ["/admin/status", {}, "200"],
  ["/admin/eu/users", admin, "403 allow.forbidden"],
  ["/admin/eu/users", { region: "eu" }, "403 allow.forbidden"],
  ["/admin/eu/users", { ...admin, region: "eu" }, "200"],
  ["/admin/eu/mine", { ...admin, region: "eu" }, "403 allow.forbidden"],
  ["/admin/eu/mine", { ...admin, team: "a" }, "403 allow.forbidden"],
  ["/admin/eu/mine", { ...admin, region: "eu", team: "a" }, "200"],
  ["/admin/eu/open", {}, "200"],
  // Who may not pass learns neither which paths there are, nor which methods.
  ["/admin/nowhere", {}, "403 allow.forbidden"],
  ["/admin/nowhere", admin, "404 route.not_found"],
  ["/admin/billing", {}, "403 allow.forbidden"],
  ["/admin/billing", { ...admin, scope: "billing:write" }, "405 route.method_not_allowed"],
  ["/public/read", undefined, "200"],
  ["/public/closed", support, "403 allow.forbidden"],
  ["/public/closed", admin, "200"],
];

describe("a gateway's rules", () => {
  for (const [target, claims, outcome, method = "GET"] of rows) {
    const who = claims === undefined ? "nobody" : JSON.stringify(claims);
    test(`${method} ${target} of ${who}: ${outcome}`, async () => {
      const gateway = createGateway(config);
      const token = claims === undefined ? undefined : await tokenOf(claims);
      const { status, code } = await ask(gateway, target, token, method);
      assert.equal(`${status} ${code}`.trimEnd(), outcome);
      await gateway.close();
    });
  }

  test("a problem names the scopes that are missing, and no values of claims", async () => {
    const gateway = createGateway(config);
    const { body, challenge } = await ask(gateway, "/items", await tokenOf({ scope: "x" }), "POST");
    assert.deepEqual(body["missing_scopes"], ["items:write"]);
    assert.equal(challenge, 'Bearer realm="portcullis", error="insufficient_scope", scope="items:write"');
    const { body: other } = await ask(gateway, "/users/bob", await tokenOf({}));
    assert.equal(
      other["detail"],
      'The rule of this route does not hold: role is "support" or claim "sub" is {id} of the path.',
    );
    await gateway.close();
  });

  test("by tenant, wherever a request names it; and who could name one with a credential is told which it may bear", async () => {
    const gateway = createGateway({
      log: { level: "silent" },
      tenants: { acme: {}, globex: {} },
      routes: [
        {
          path: "/t/{org}",
          ...ok,
          policies: {
            jwt: { ...jwt, optional: true, realm: "shop" },
            apiKey: { keys: [newKey().entry], pepper: PEPPER },
            tenant: { from: [{ claim: "org" }], required: false },
            allow: { tenant: { param: "org" } },
          },
        },
      ],
    });
    const [acme, none] = await Promise.all([tokenOf({ org: "acme" }), tokenOf({})]);
    assert.equal((await ask(gateway, "/t/acme", acme)).status, 200);
    assert.equal((await ask(gateway, "/t/globex", acme)).code, "allow.forbidden");
    assert.equal((await ask(gateway, "/t/acme", none)).code, "allow.forbidden");
    const { code, challenge } = await ask(gateway, "/t/acme");
    assert.deepEqual(
      [code, challenge],
      [
        "allow.unauthenticated",
        'Bearer realm="shop", ApiKey realm="portcullis", in="header", name="x-api-key"',
      ],
    );
    await gateway.close();
  });

  test("one function hears of caller and request; one that throws is a 500, logged once, and tells clients nothing", async () => {
    const host = simulatedHost();
    const seen: [Caller, AllowRequest][] = [];
    const allow = (caller: Caller, request: AllowRequest): boolean => {
      seen.push([caller, request]);
      if (request.params["id"] === "broken") throw new Error("the database is at db.internal");
      return request.params["id"] === caller.id;
    };
    const gateway = new Gateway(
      parseConfig({ routes: [{ path: "/u/{id}", ...ok, policies: { jwt, allow } }] }),
      host,
    );
    const token = await tokenOf({ a: 1 });
    assert.equal((await ask(gateway, "/u/alice?q", token)).status, 200);
    assert.equal((await ask(gateway, "/u/bob", token)).code, "allow.forbidden");
    const [[caller, request]] = seen as [[Caller, AllowRequest]];
    assert.deepEqual([caller.kind, caller.id, caller.claims["a"]], ["jwt", "alice", 1]);
    assert.deepEqual([request.method, request.path, request.query], ["GET", "/u/alice", "?q"]);
    // The token itself is the gateway's business.
    assert.equal(request.header("authorization"), undefined);

    assert.deepEqual(host.log.lines, []);
    const broken = await ask(gateway, "/u/broken", token);
    assert.deepEqual([broken.status, broken.code], [500, "internal"]);
    assert.doesNotMatch(JSON.stringify(broken.body), /db\.internal/);
    assert.equal(host.log.lines.filter(({ level }) => level === "error").length, 1);
    await gateway.close();
  });

  test("a function whose promise never settles holds a request for its time, not longer", async (t) => {
    const { gateway, clock, done } = await stage(t, {
      routes: [{ path: "/*", ...ok, policies: { jwt, allow: () => new Promise<boolean>(() => {}) } }],
    });
    const token = await tokenOf({});
    const answer = ask(gateway, "/", token);
    for (let i = 0; i < 200 && done.length === 0; i++) {
      await new Promise<void>((resolve) => clock.nextTurn(resolve));
      clock.advance(100);
    }
    assert.equal((await answer).code, "allow.timeout");
  });
});

describe("a config is refused", () => {
  const mistakes: readonly (readonly [what: string, config: object, expected: string])[] = [
    [
      "that asks about a caller whom nobody establishes",
      { routes: [{ path: "/a", ...ok, policies: { allow: { role: "admin" } } }] },
      "routes[0].policies.allow: allow asks who is calling, and no policy of the route * /a establishes that (give the route one of jwt, introspection, apiKey, basic; or allow: false)",
    ],
    [
      "that asks for a tenant that nothing finds",
      { policies: { jwt }, routes: [{ path: "/a", ...ok, policies: { allow: { tenant: "acme" } } }] },
      "routes[0].policies.allow: allow asks for the tenant, and no policy of the route * /a establishes that (give the route tenant; or allow: false)",
    ],
    [
      "that asks for a tenant that there is not",
      {
        tenants: { acme: {} },
        policies: { jwt, tenant: { from: [{ claim: "org" }] } },
        routes: [{ path: "/a", ...ok, policies: { allow: { any: [{ tenant: "amce" }] } } }],
      },
      'routes[0].policies.allow.any[0].tenant: there is no tenant "amce" (there are: acme)',
    ],
    [
      "that asks a function about one",
      { routes: [{ path: "/a", ...ok, policies: { allow: () => true } }] },
      "routes[0].policies.allow: allow asks who is calling, and no policy of the route * /a establishes that (give the route one of jwt, introspection, apiKey, basic; or allow: false)",
    ],
    [
      "whose group asks, and one of whose routes switches authentication off: once, by its first",
      {
        policies: { jwt, allow: { any: [{ scopes: "a" }, { method: "GET" }] } },
        routes: [
          { path: "/a", ...ok },
          { path: "/b", ...ok, policies: { jwt: false } },
          { path: "/c", ...ok, policies: { jwt: false } },
        ],
      },
      "policies.allow: allow asks who is calling, and no policy of the route * /b establishes that (give the route one of jwt, introspection, apiKey, basic; or allow: false)",
    ],
    [
      "that compares with a parameter that the path does not have",
      {
        policies: { jwt },
        routes: [{ path: "/{user}", ...ok, policies: { allow: { id: { param: "usr" } } } }],
      },
      'routes[0].policies.allow: the path of the route * /{user} has no {usr} to compare with (did you mean "user"?)',
    ],
    [
      "whose group compares with a parameter that not all of its routes have",
      {
        policies: { jwt },
        routes: [
          {
            prefix: "/t",
            policies: { allow: { claim: { t: { contains: { param: "team" } } } } },
            routes: [
              { path: "/{team}", ...ok },
              { path: "/all", ...ok },
            ],
          },
        ],
      },
      "routes[0].policies.allow: the path of the route * /t/all has no {team} to compare with (the path has no parameters)",
    ],
    [
      "whose token cannot be checked, and does not hear that it has no authentication as well",
      {
        policies: { jwt: { ...jwt, secret: "short" }, allow: { role: "a" } },
        routes: [{ path: "/a", ...ok }],
      },
      "policies.jwt.secret: the secret has 5 bytes; HS256 needs at least 32 (RFC 7518, 3.2) (make one with: openssl rand -base64 32)",
    ],
    [
      "with roles that nothing asks for",
      { policies: { jwt, allow: { scopes: "a", roleClaim: "r" } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.roleClaim: nothing here asks for a role, so this is never looked at (add role, or remove it)",
    ],
    [
      "with an empty choice",
      { policies: { jwt, allow: { any: [] } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.any: expected at least 1 entry",
    ],
    [
      "with a rule of nothing",
      { policies: { jwt, allow: { not: {} } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.not: a rule has at least one condition (such as role, scopes, claim, method, all, any or not)",
    ],
    [
      "with an empty rule",
      { policies: { jwt }, routes: [{ path: "/a", ...ok, policies: { allow: {} } }] },
      "routes[0].policies.allow: a rule has at least one condition (such as role, scopes, claim, method, all, any or not)",
    ],
    [
      "with an unknown method in a list",
      { policies: { jwt, allow: { method: ["GTE"] } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.method[0]: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY",
    ],
    [
      "with an unknown method",
      { policies: { jwt, allow: { method: "get" } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY",
    ],
    [
      "with a condition that is not known",
      { policies: { jwt, allow: { any: [{ roles: "admin" }] } }, routes: [{ path: "/a", ...ok }] },
      'policies.allow.any[0].roles: unknown field "roles" (did you mean "role"?)',
    ],
    [
      "with a text for a function",
      { policies: { jwt, allow: "caller => true" }, routes: [{ path: "/a", ...ok }] },
      "policies.allow: expected a function (caller, request) => boolean (only a config in TypeScript can have one) or an object, got a text",
    ],
    [
      "with two tests of one claim",
      { policies: { jwt, allow: { claim: { a: { is: 1, contains: 2 } } } }, routes: [{ path: "/a", ...ok }] },
      "policies.allow.claim.a: a claim has exactly one test, and here are 2 (give one of: is, contains, param)",
    ],
    [
      "with a claim by the name of a prototype",
      JSON.parse(
        '{"policies":{"allow":{"method":"GET","claim":{"a":1,"__proto__":"x"}}},"routes":[]}',
      ) as object,
      "policies.allow.claim.__proto__: the name __proto__ is not allowed in a config",
    ],
  ];
  for (const [what, config, expected] of mistakes) {
    test(what, () => {
      assert.throws(
        () => createGateway(config as ConfigInput),
        (error) => error instanceof ConfigError && assert.equal(error.message, expected) === undefined,
      );
    });
  }
});
