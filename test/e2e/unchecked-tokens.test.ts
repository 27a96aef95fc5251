/** Tokens without a password are for one machine: a gateway that others can ask does not start with them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, createGateway, type ConfigInput } from "../../src/index.ts";

const routes: ConfigInput["routes"] = [
  { path: "/token", handler: { token: { secret: "s".repeat(32), credentials: "none" } } },
];

const listeners: readonly (readonly [what: string, listen: ConfigInput["listen"], alone: boolean])[] = [
  ["the default", undefined, true],
  ["localhost", { host: "localhost" }, true],
  ["::1", { host: "::1", trustedProxies: [] }, true],
  ["all addresses", { host: "0.0.0.0" }, false],
  ["all IPv6 addresses", { host: "::" }, false],
  ["an address of a network", { host: "192.0.2.1" }, false],
  ["loopback, behind a proxy that speaks for others", { trustedProxies: ["loopback"] }, false],
];

for (const [what, listen, alone] of listeners) {
  test(`${what}: tokens for anyone ${alone ? "are issued" : "are an error"}`, async () => {
    const config = { log: { level: "silent" }, listen, routes } satisfies ConfigInput;
    if (alone) await createGateway(config).close();
    else assert.throws(() => createGateway(config), isRefusal);
    // Beside another mistake, the same is told.
    assert.throws(
      () => createGateway({ ...config, drain: "never" }),
      (error) => isRefusal(error) !== alone,
    );
  });
}

function isRefusal(error: unknown): boolean {
  assert.ok(error instanceof ConfigError, String(error));
  return error.issues.some((issue) => issue.path.join(".") === "routes.0.handler.token.credentials");
}
