/** What parsing makes of a config that is right. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { parseConfig } from "./parse.ts";

const services = { users: { targets: ["http://127.0.0.1:9001"] } };

it("a config is given its defaults, units read", () => {
  const config = parseConfig({ services, routes: [] });
  assert.deepEqual(config.listen, {
    host: "127.0.0.1",
    port: 8000,
    trustedProxies: [],
    proxyHeaders: "x-forwarded",
    proxyProtocol: false,
  });
  assert.deepEqual(config.limits, {
    target: 8192,
    head: 32_768,
    headerCount: 100,
    body: 10_485_760,
    maxConnections: 10_000,
    maxConnectionsPerAddress: 1000,
    maxHeads: 1000,
    held: 268_435_456,
  });
  assert.deepEqual(config.timeouts, { head: 10_000, body: 30_000, idle: 75_000, write: 30_000 });
  assert.equal(config.drain, 10_000);
  assert.equal(config.services["users"]?.timeouts.response, 30_000);
});

it("a config has lists where one value may be written, and names in lower case", () => {
  const config = parseConfig({
    services,
    routes: [{ path: "/a", service: "users", method: "GET", host: "API.example", headers: { "X-A": true } }],
  });
  const [only] = config.routes;
  assert.ok(only !== undefined && "path" in only);
  assert.deepEqual([only.method, only.host, only.headers], [["GET"], ["api.example"], { "x-a": true }]);
});
