/** Tenants through whole gateways: bound to credentials, told to services, limited and switched by what the config says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { createGateway, type ConfigInput, type Gateway } from "../../src/index.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };

function gatewayOf(config: Omit<ConfigInput, "log">): Gateway {
  return createGateway({ ...config, log: { level: "silent" } });
}

function tokenOf(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ sub: "alice", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly headers: Headers;
  /** The request's headers as the service saw them. */
  readonly seen: Readonly<Record<string, string>>;
}

async function ask(
  gateway: Gateway,
  url: string,
  claims?: Record<string, unknown>,
  given: readonly [string, string][] = [],
): Promise<Answer> {
  const headers = [...given];
  if (claims !== undefined) headers.push(["authorization", `Bearer ${await tokenOf(claims)}`]);
  const response = await gateway.inject(new Request(`http://${url}`, { headers }));
  const body = (await response.json()) as { code?: string } & Record<string, string>;
  return {
    status: response.status,
    code: body.code ?? "",
    headers: response.headers,
    seen: response.status === 200 ? body : {},
  };
}

const echo = {
  handler: { fetch: (request: Request) => Response.json(Object.fromEntries(request.headers)) },
} as const;

const tenants = {
  acme: { plan: "pro", features: ["export"], headers: { "x-shard": "one" } },
  umbrella: { plan: "free" },
  closed: { suspended: true },
};
const from = [{ claim: "tenant" }, { header: "x-tenant" }, { subdomain: "example.com" }];

const config = {
  tenants,
  routes: [
    {
      prefix: "/api",
      policies: { jwt, tenant: { from } },
      routes: [
        { path: "/data", ...echo },
        { path: "/export", ...echo, policies: { tenant: { feature: "export" } } },
        { path: "/machine", ...echo, policies: { tenant: { from, trustUnbound: true } } },
        { path: "/any", ...echo, policies: { tenant: false } },
      ],
    },
    { path: "/page", ...echo, policies: { tenant: { from: [{ subdomain: "example.com" }] } } },
    { path: "/open", ...echo },
  ],
} satisfies ConfigInput;

interface Case {
  readonly url: string;
  /** Of the caller's token; without any, there is none. */
  readonly claims?: Record<string, unknown>;
  readonly headers?: readonly [string, string][];
  /** The status and code of a refusal, or what the service is told: its tenant and shard. */
  readonly expected: readonly [status: number, what?: string, shard?: string];
}

const acme = { tenant: "acme" };
const umbrella = { tenant: "umbrella" };
const choose = (name: string): readonly [string, string][] => [["x-tenant", name]];

const cases: readonly Case[] = [
  { url: "a/api/data", claims: acme, expected: [200, "acme", "one"] },
  { url: "a/api/data", claims: umbrella, expected: [200, "umbrella"] },
  { url: "a/api/data", claims: acme, headers: choose("acme"), expected: [200, "acme", "one"] },
  { url: "a/api/data", claims: acme, headers: choose("umbrella"), expected: [403, "tenant.mismatch"] },
  { url: "a/api/data", claims: acme, headers: choose("nobody"), expected: [403, "tenant.mismatch"] },
  { url: "acme.example.com:81/api/data", claims: acme, expected: [200, "acme", "one"] },
  { url: "umbrella.example.com/api/data", claims: acme, expected: [403, "tenant.mismatch"] },
  { url: "a/api/data", claims: {}, headers: choose("acme"), expected: [403, "tenant.unbound"] },
  { url: "acme.example.com/api/data", claims: {}, expected: [403, "tenant.unbound"] },
  { url: "a/api/data", claims: { tenant: ["acme"] }, expected: [403, "tenant.invalid"] },
  { url: "a/api/data", claims: { tenant: "constructor" }, expected: [404, "tenant.unknown"] },
  { url: "a/api/data", claims: { tenant: "closed" }, expected: [403, "tenant.suspended"] },
  { url: "a/api/data", headers: choose("acme"), expected: [401, "jwt.missing"] },
  { url: "a/api/export", claims: acme, expected: [200, "acme", "one"] },
  { url: "a/api/export", claims: umbrella, expected: [403, "tenant.feature_off"] },
  { url: "a/api/export", claims: acme, headers: choose("umbrella"), expected: [403, "tenant.mismatch"] },
  { url: "a/api/machine", claims: {}, headers: choose("umbrella"), expected: [200, "umbrella"] },
  { url: "a/api/machine", claims: acme, headers: choose("umbrella"), expected: [403, "tenant.mismatch"] },
  { url: "a/api/any", claims: acme, headers: choose("umbrella"), expected: [200] },
  { url: "a/api/nowhere", claims: umbrella, headers: choose("acme"), expected: [403, "tenant.mismatch"] },
  { url: "a/api/nowhere", claims: acme, expected: [404, "route.not_found"] },
  { url: "acme.example.com/page", expected: [200, "acme", "one"] },
  { url: "example.com/page", expected: [400, "tenant.missing"] },
  // Nobody trusts who says this.
  {
    url: "example.com/page",
    headers: [["x-forwarded-host", "acme.example.com"]],
    expected: [400, "tenant.missing"],
  },
  { url: "umbrella.example.com/page", headers: choose("acme"), expected: [200, "umbrella"] },
  { url: "a/open", headers: choose("acme"), expected: [200] },
];

for (const { url, claims, headers = [], expected } of cases) {
  const said = [...(claims === undefined ? [] : [JSON.stringify(claims)]), ...headers.flat()];
  test(`${url} ${said.join(" ")}: ${expected.join(" ")}`, async () => {
    const gateway = gatewayOf(config);
    // Whatever clients send to look like somebody's request to the service is gone.
    const forged: [string, string][] = [
      ["x-tenant-id", "forged"],
      ["X-Shard", "forged"],
    ];
    const { status, code, seen } = await ask(gateway, url, claims, [...headers, ...forged]);
    if (status === 200) {
      assert.deepEqual(
        [seen["x-tenant-id"], seen["x-shard"], seen["x-tenant"]],
        [expected[1], expected[2], undefined],
      );
    }
    assert.deepEqual([status, code], [expected[0], expected[0] === 200 ? "" : expected[1]!]);
    await gateway.close();
  });
}

test("what is not found is told so where only the routes say who is calling, or for which tenant", async () => {
  const gateway = gatewayOf({
    tenants,
    policies: {
      tenant: { from },
      rateLimit: [
        { name: "caller", limit: 2, window: "1h", key: "caller" },
        { name: "address", limit: 5, window: "1h" },
      ],
      allow: { scopes: "read" },
    },
    routes: [{ path: "/a", ...echo, policies: { jwt } }],
  });
  for (const expected of [404, 404, 404, 404]) {
    const { status, code } = await ask(gateway, "a/nowhere", undefined, [...choose("acme")]);
    assert.deepEqual([status, code], [expected, "route.not_found"]);
  }
  // What it needs nobody for is asked on: the tenant, and the limit by address.
  assert.equal((await ask(gateway, "a/nowhere")).code, "tenant.missing");
  assert.equal((await ask(gateway, "a/nowhere", undefined, [...choose("acme")])).status, 429);
  await gateway.close();
});

test("what is not found is told so where only the routes say for which tenant", async () => {
  const gateway = gatewayOf({
    tenants,
    policies: { jwt, rateLimit: { limit: 1, window: "1h", key: "tenant" } },
    routes: [{ path: "/a", ...echo, policies: { tenant: { from } } }],
  });
  for (const claims of [acme, {}])
    assert.equal((await ask(gateway, "a/nowhere", claims)).code, "route.not_found");
  assert.equal((await ask(gateway, "a/nowhere")).code, "jwt.missing");
  await gateway.close();
});

test("claims bind nobody to a tenant where nothing is found and nobody is authenticated", async () => {
  const gateway = gatewayOf({
    tenants,
    policies: {
      tenant: { from: [{ claim: "tenant" }] },
      rateLimit: { limit: 1, window: "1h", key: "tenant" },
    },
    routes: [{ path: "/a", ...echo, policies: { jwt } }],
  });
  for (let i = 0; i < 2; i++) assert.equal((await ask(gateway, "a/nowhere")).code, "route.not_found");
  assert.equal((await ask(gateway, "a/a", acme)).status, 200);
  assert.equal((await ask(gateway, "a/a", acme)).status, 429);
  await gateway.close();
});

test("limits count by tenant and its plan, behind the policy, and what that refuses takes nothing", async () => {
  const gateway = gatewayOf({
    plans: ["free", "pro"],
    tenants,
    policies: {
      jwt,
      tenant: { from },
      rateLimit: [
        { name: "plan", limit: { plans: { pro: 4, free: 2 }, default: 1 }, window: "1h", key: "tenant" },
        { name: "caller", limit: 3, window: "1h", key: "caller" },
      ],
    },
    routes: [{ path: "/a", ...echo }],
  });
  const asked: readonly (readonly [sub: string, tenant: string, header: string, expected: number])[] = [
    ["alice", "acme", "acme", 200],
    ["mallory", "umbrella", "acme", 403],
    ["mallory", "umbrella", "acme", 403],
    ["mallory", "umbrella", "acme", 403],
    ["mallory", "umbrella", "acme", 403],
    ["alice", "acme", "acme", 200],
    ["bob", "acme", "acme", 200],
    ["mallory", "umbrella", "umbrella", 200],
    ["mallory", "umbrella", "umbrella", 200],
    ["mallory", "umbrella", "umbrella", 429],
    ["alice", "acme", "acme", 200],
    ["bob", "acme", "acme", 429],
  ];
  for (const [i, [sub, tenant, header, expected]] of asked.entries()) {
    const { status, headers } = await ask(gateway, "a/a", { sub, tenant }, [...choose(header)]);
    assert.equal(status, expected, `request ${i}`);
    if (status !== 403) assert.equal(headers.get("x-ratelimit-limit") !== null, true);
  }
  await gateway.close();
});

test("limits by the plan of a tenant need nobody to be authenticated", async () => {
  const gateway = gatewayOf({
    tenants,
    policies: {
      tenant: { from: [{ subdomain: "example.com" }] },
      rateLimit: { limit: { plans: { pro: 2 }, default: 1 }, window: "1h", key: ["tenant", "ip"] },
    },
    routes: [{ path: "/a", ...echo }],
  });
  const statuses: number[] = [];
  for (const name of ["acme", "acme", "acme", "umbrella", "umbrella"])
    statuses.push((await ask(gateway, `${name}.example.com/a`)).status);
  assert.deepEqual(statuses, [200, 200, 429, 200, 429]);
  await gateway.close();
});
