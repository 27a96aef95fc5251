import assert from "node:assert/strict";
import { it } from "node:test";
import { defineConfig, env } from "./define.ts";

const users = { targets: ["http://127.0.0.1:9001"] };

it("returns the config as it is", () => {
  const config = defineConfig({ services: { users }, routes: [{ path: "/users", service: "users" }] });
  assert.deepEqual(config, { services: { users }, routes: [{ path: "/users", service: "users" }] });
});

it("stands for an environment variable", () => assert.deepEqual(env("A"), { env: "A" }));

// What follows is checked by the compiler, and run to see that nothing is checked at run time.
it("takes routes to services that exist, groups and policies", () => {
  defineConfig({
    services: { users, orders: users },
    policies: { jwt: { secret: env("S"), algorithms: ["HS256"] } },
    routes: [
      { path: "/users", method: ["GET", "POST"], service: "users" },
      { prefix: "/api", routes: [{ path: "/orders", service: "orders", policies: { jwt: false } }] },
    ],
  });
  const routes = ["/a", "/b"].map((path) => ({ path, service: "users" as const }));
  defineConfig({ services: { users }, routes });
});

it("refuses what is wrong when it is compiled", () => {
  // @ts-expect-error: there is no such service
  defineConfig({ services: { users }, routes: [{ path: "/", service: "user" }] });
  // @ts-expect-error: nor in a group
  defineConfig({ services: { users }, routes: [{ prefix: "/a", routes: [{ path: "/", service: "user" }] }] });
  // @ts-expect-error: there are no services at all
  defineConfig({ routes: [{ path: "/", service: "users" }] });
  // @ts-expect-error: no such field
  defineConfig({ listn: {}, routes: [] });
  // @ts-expect-error: no such policy
  defineConfig({ services: { users }, routes: [{ path: "/", service: "users", policies: { jtw: false } }] });
  // @ts-expect-error: no such handler
  defineConfig({ routes: [{ path: "/", handler: "helth" }] });
  // @ts-expect-error: false switches off what is inherited, and here nothing is
  defineConfig({ policies: { jwt: false }, routes: [] });
});
