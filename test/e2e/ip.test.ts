/** Who may call by address: asked before everything that costs something, and told as little as possible. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./harness.ts";

const jwt = { secret: "a secret that is long enough for HMAC with SHA-256", algorithms: ["HS256" as const] };
const routes = [{ path: "/*", handler: { respond: { body: "ok" } } }] as const;

test("a client that is denied takes no token and shows none, and pages of other origins can read why", async (t) => {
  const gateway = await stage(t, {
    listen: { port: 0, trustedProxies: ["loopback"] },
    policies: {
      cors: {},
      ip: { allow: ["192.0.2.0/24"], deny: ["192.0.2.9"] },
      rateLimit: { limit: 1, window: "1h" },
      jwt,
    },
    routes: [...routes],
  });
  const ask = (address: string) =>
    gateway.get("/", `origin: https://page.test\r\nx-forwarded-for: ${address}\r\n`);
  for (let i = 0; i < 3; i++) {
    for (const address of ["192.0.2.9", "192.0.3.1", "::ffff:192.0.2.9", "2001:db8::1"]) {
      const denied = await ask(address);
      assert.equal(denied.line, "HTTP/1.1 403 Forbidden", address);
      assert.equal(denied.headers.get("access-control-allow-origin"), "*");
      assert.equal(denied.headers.get("ratelimit"), undefined);
      assert.equal(denied.headers.get("www-authenticate"), undefined);
      const { code, detail } = JSON.parse(denied.body) as { code: string; detail: string };
      assert.equal(code, "ip.denied");
      assert.ok(!detail.includes(address) && !detail.includes("192.0.2"));
    }
  }
  // Their token is still there.
  assert.equal((await ask("192.0.2.1")).line, "HTTP/1.1 401 Unauthorized");
  assert.equal((await ask("192.0.2.1")).line, "HTTP/1.1 429 Too Many Requests");
});

test("a header of a client that is no trusted proxy changes nothing", async (t) => {
  const gateway = await stage(t, { policies: { ip: { deny: ["loopback"] } }, routes: [...routes] });
  assert.equal((await gateway.get("/", "x-forwarded-for: 192.0.2.1\r\n")).line, "HTTP/1.1 403 Forbidden");
  assert.equal((await gateway.gateway.inject(new Request("http://a/"))).status, 403);
});

test("a route may let everybody pass whom its group denies, and unknown paths are not open", async (t) => {
  const gateway = await stage(t, {
    policies: { ip: { deny: ["127.0.0.1"] } },
    routes: [
      { path: "/open", handler: { respond: { body: "ok" } }, policies: { ip: false } },
      { path: "/closed", handler: { respond: { body: "ok" } } },
    ],
  });
  const statuses = [];
  for (const path of ["/open", "/closed", "/unknown"])
    statuses.push((await gateway.get(path)).line.split(" ")[1]);
  assert.deepEqual(statuses, ["200", "403", "403"]);
});
