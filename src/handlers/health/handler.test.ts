import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../core/handler.ts";
import { testExchange } from "../../testing/exchange.ts";
import { testAround } from "../../testing/around.ts";
import { healthHandler } from "./handler.ts";
import { healthConfig } from "./schema.ts";

type Circuits = Map<string, "closed" | "open" | "half-open">;

function ask(handler: Handler): { status: number; body: unknown } {
  const reply = handler.handle(testExchange());
  assert.ok(reply !== undefined && !(reply instanceof Promise) && typeof reply.body === "string");
  assert.deepEqual(reply.headers, ["content-type", "application/json", "cache-control", "no-store"]);
  return { status: reply.status, body: JSON.parse(reply.body) };
}

const states: [circuits: Circuits, status: string][] = [
  [new Map(), "healthy"],
  [new Map([["users", "closed"]]), "healthy"],
  [
    new Map([
      ["users", "closed"],
      ["orders", "open"],
      ["products", "closed"],
    ]),
    "degraded",
  ],
  [new Map([["users", "half-open"]]), "degraded"],
];
for (const [circuits, status] of states) {
  test(`health with circuits ${JSON.stringify([...circuits])} is ${status}, and 200`, () => {
    const handler = healthHandler.create(
      healthConfig.parse({}),
      testAround({ gateway: { circuits: () => circuits } }),
    );
    assert.deepEqual(ask(handler), { status: 200, body: { status, circuits: Object.fromEntries(circuits) } });
  });
}

test("health tells of a circuit as it is at the time", () => {
  const circuits: Circuits = new Map([["users", "open"]]);
  const handler = healthHandler.create(
    healthConfig.parse({}),
    testAround({ gateway: { circuits: () => circuits } }),
  );
  assert.deepEqual(ask(handler).body, { status: "degraded", circuits: { users: "open" } });
  circuits.set("users", "closed");
  assert.deepEqual(ask(handler).body, { status: "healthy", circuits: { users: "closed" } });
});

test("the live probe answers whatever happens", () => {
  const around = testAround({
    gateway: { ready: () => false, circuits: () => new Map([["users", "open"]]) },
  });
  const handler = healthHandler.create(healthConfig.parse({ probe: "live" }), around);
  assert.deepEqual(ask(handler), { status: 200, body: { status: "live" } });
});

test("the ready probe follows the gateway", () => {
  let ready = true;
  const handler = healthHandler.create(
    healthConfig.parse({ probe: "ready" }),
    testAround({ gateway: { ready: () => ready } }),
  );
  assert.deepEqual(ask(handler), { status: 200, body: { status: "ready" } });
  ready = false;
  assert.deepEqual(ask(handler), { status: 503, body: { status: "not ready" } });
});

test("health refuses an unknown probe", () => {
  assert.ok(!healthConfig.safeParse({ probe: "startup" }).success);
});
