/** Tenants through whole gateways: bound to credentials, told to services, limited and switched by what the config says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { ConfigError, createGateway, type ConfigInput, type Gateway } from "../../src/index.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };

function gatewayOf(config: Omit<ConfigInput, "log">): Gateway {
  return createGateway({ ...config, log: { level: "silent" } });
}

function tokenOf(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("alice")
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
  headers: [string, string][] = [],
): Promise<Answer> {
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

const config = {
  tenants,
  policies: {},
  routes: [
    {
      prefix: "/api",
      policies: {
        jwt,
        tenant: { from: [{ claim: "tenant" }, { header: "x-tenant-id" }, { subdomain: "example.com" }] },
        rateLimit: [
          { name: "tenant", limit: 5, window: "1h", key: "tenant" },
          { name: "plan", limit: { plans: { pro: 3, free: 2 }, default: 1 }, window: "1h", key: "tenant" },
        ],
      },
      routes: [
        { path: "/data", ...echo },
        { path: "/export", ...echo, policies: { tenant: { feature: "export" } } },
      ],
    },
    { path: "/open", ...echo },
  ],
} satisfies ConfigInput;

test("smoke", async () => {
  const gateway = gatewayOf(config);
  const a = await ask(gateway, "a/api/data", { tenant: "acme" });
  assert.deepEqual([a.status, a.code, a.seen["x-tenant-id"], a.seen["x-shard"]], [200, "", "acme", "one"]);
  await gateway.close();
});
void ConfigError;
