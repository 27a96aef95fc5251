/** The config of the guide on access policies, and the answers that it promises. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { createGateway, type ConfigInput, type Gateway } from "../../src/index.ts";
import { newKey, PEPPER } from "../../src/policies/api-key/testing.ts";
import { sign } from "../../src/policies/jwt/testing.ts";
import { testPrivateKey, toPem } from "../../src/testing/private-keys.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const { key, entry } = newKey();
const service = createServer((request, response) => {
  request.resume();
  response.end(JSON.stringify(request.headers));
});
const environment = {
  JWT_SECRET: SECRET,
  API_KEY_PEPPER: PEPPER,
  INTERNAL_KEY: toPem(testPrivateKey("ES256")),
};
let gateway: Gateway;

before(async () => {
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  Object.assign(process.env, environment);
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/access-policy.md"), "utf8");
  const target = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  // The key that stands there was made with another pepper.
  const text = /^```yaml\n(.*?)^```$/ms
    .exec(guide)![1]!
    .replace("http://127.0.0.1:9002", target)
    .replace(/pk_\w+/, entry.id)
    .replace(/hmac-sha256:\S+/, entry.hash);
  gateway = createGateway({
    ...(parse(text) as ConfigInput),
    listen: { trustedProxies: ["loopback"] },
    log: { level: "silent" },
  });
});

after(async () => {
  for (const name of Object.keys(environment)) delete process.env[name];
  await gateway.close();
  service.close();
  service.closeAllConnections();
});

interface Case {
  readonly what: string;
  /** Of a token; without them, `headers` say who is calling. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly path?: string;
  readonly body?: unknown;
  /** How often it is asked; the last answer counts. */
  readonly times?: number;
  readonly expected: readonly [status: number, code?: string];
  /** What the body says, or the service is told. */
  readonly says?: Readonly<Record<string, unknown>>;
  /** What is left of limits by address and tenant. */
  readonly left?: Readonly<Record<string, number>>;
}

const acme = { sub: "alice", tenant: "acme", scope: "orders:read" };
const umbrella = { sub: "bob", tenant: "umbrella", scope: "orders:read", role: "clerk" };
const tea = { product: "tea", total: 3 };

const cases: readonly Case[] = [
  { what: "from a network that is denied", claims: acme, from: "192.0.2.7", expected: [403, "ip.denied"] },
  { what: "without a credential", expected: [401, "auth.missing"] },
  { what: "with a token", claims: acme, expected: [200], says: { "x-tenant-id": "acme" } },
  { what: "with a key", headers: { "x-api-key": key }, expected: [200], says: { "x-tenant-id": "acme" } },
  {
    what: "without the scope",
    claims: acme,
    body: tea,
    expected: [403, "allow.insufficient_scope"],
    says: { missing_scopes: ["orders:write"] },
  },
  {
    what: "with a body that lacks something",
    claims: { ...acme, scope: "orders:write" },
    body: { product: "tea" },
    expected: [422, "validate.body"],
  },
  { what: "with a whole body", claims: { ...acme, scope: "orders:write" }, body: tea, expected: [200] },
  {
    what: "for an export",
    claims: { ...acme, role: "clerk" },
    from: "198.51.100.1",
    path: "/api/orders/export",
    expected: [200],
    left: { address: 580, exports: 1 },
  },
  {
    what: "for an export without the feature",
    claims: umbrella,
    path: "/api/orders/export",
    expected: [403, "tenant.feature_off"],
  },
  {
    what: "of a tenant that does not exist",
    claims: { ...acme, tenant: "hooli" },
    expected: [404, "tenant.unknown"],
  },
  {
    what: "past the limit of the tenant",
    claims: umbrella,
    from: "198.51.100.2",
    times: 60,
    expected: [200],
  },
  {
    what: "past it, from another address",
    claims: umbrella,
    from: "198.51.100.3",
    expected: [429, "rateLimit.exceeded"],
    says: { "violated-policies": ["tenant"] },
    left: { address: 600, tenant: 0 },
  },
  {
    what: "of an admin from outside",
    claims: { sub: "root", role: "admin" },
    from: "198.51.100.4",
    path: "/admin/orders/1",
    expected: [403, "ip.denied"],
  },
  {
    what: "of a clerk from inside",
    claims: { sub: "carol", role: "clerk" },
    from: "10.1.2.3",
    path: "/admin/orders/1",
    expected: [403, "allow.forbidden"],
  },
  {
    what: "of an admin from inside",
    claims: { sub: "root", role: "admin" },
    from: "10.1.2.3",
    path: "/admin/orders/1",
    expected: [200],
  },
];

for (const {
  what,
  claims,
  headers,
  from = "198.51.100.9",
  path,
  body,
  times = 1,
  expected,
  says = {},
  left = {},
} of cases) {
  test(`a request ${what} is answered as the guide says`, async () => {
    const request = new Request(`http://gateway${path ?? "/api/orders"}`, {
      headers: {
        "x-forwarded-for": from,
        ...headers,
        ...(claims === undefined
          ? {}
          : { authorization: `Bearer ${sign({ exp: 4e9, ...claims }, undefined, SECRET)}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    let response: Response | undefined;
    for (let i = 0; i < times; i++) {
      response = await gateway.inject(request.clone());
      if (i < times - 1) assert.equal(response.status, expected[0]);
    }
    const answer = (await response!.json()) as Record<string, unknown>;
    assert.deepEqual([response!.status, answer["code"]], [expected[0], expected[1]]);
    for (const [name, value] of Object.entries(says)) assert.deepEqual(answer[name], value, name);
    const fields = response!.headers.get("ratelimit") ?? "";
    for (const [name, value] of Object.entries(left))
      assert.match(fields, new RegExp(`"${name}";r=${value};`));
    // What a key or token stands for is told, and neither of them.
    if (response!.status === 200) {
      assert.equal(typeof answer["x-internal-token"], path?.startsWith("/admin") ? "undefined" : "string");
      assert.deepEqual([answer["authorization"], answer["x-api-key"]], [undefined, undefined]);
    }
  });
}
