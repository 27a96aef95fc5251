import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteSummary } from "../../contract/around.ts";
import { testExchange } from "../../testing/exchange.ts";
import { testAround } from "../../testing/around.ts";
import { indexHandler } from "./handler.ts";
import { indexConfig } from "./schema.ts";

test("index lists each route once per method, as it is when first asked", () => {
  let routes: RouteSummary[] = [];
  const handler = indexHandler.create(
    indexConfig.parse({}),
    testAround({ gateway: { name: "shop", routes: () => routes } }),
  );
  // A config is compiled route by route: the list is complete only afterwards.
  routes = [
    { path: "/", methods: ["GET"], auth: false },
    { path: "/api/v1/orders", methods: ["GET", "POST"], auth: true },
    { path: "/files/*", methods: [], auth: false },
  ];
  const reply = handler.handle(testExchange());
  assert.ok(reply !== undefined && !(reply instanceof Promise) && typeof reply.body === "string");
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.headers, ["content-type", "application/json"]);
  assert.deepEqual(JSON.parse(reply.body), {
    gateway: "shop",
    endpoints: [
      { path: "/", method: "GET", auth: false },
      { path: "/api/v1/orders", method: "GET", auth: true },
      { path: "/api/v1/orders", method: "POST", auth: true },
      { path: "/files/*", method: "*", auth: false },
    ],
  });
  assert.equal(handler.handle(testExchange()), reply);
});

test("index has no options", () => assert.ok(!indexConfig.safeParse({ hide: [] }).success));
