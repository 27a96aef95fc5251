import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { send, start } from "../testing.ts";
import type { Call } from "../testing.ts";
import { createOrdersServer } from "./server.ts";

const first = { id: "1", user_id: "1", product: "Widget", total: 29.99, status: "shipped" };
const second = { id: "2", user_id: "2", product: "Gadget", total: 49.99, status: "pending" };

const admin = { "x-user-id": "7", "x-user-role": "admin" };
const alice = { "x-user-id": "1", "x-user-role": "user" };
const bob = { "x-user-id": "2" };
const stranger = { "x-user-id": "3", "x-user-role": "user" };

function order(headers: Record<string, string>, body: unknown): Call {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

test("reading orders", async (t) => {
  const missing = { status: 401, json: { error: "Missing identity" } };
  const unknown = { status: 404, json: { error: "Order not found" } };
  const cases: readonly {
    who: string;
    path: string;
    headers: Record<string, string | string[]>;
    status: number;
    json: unknown;
  }[] = [
    { who: "admin", path: "/orders", headers: admin, status: 200, json: { orders: [first, second] } },
    { who: "alice", path: "/orders", headers: alice, status: 200, json: { orders: [first] } },
    { who: "bob", path: "/orders", headers: bob, status: 200, json: { orders: [second] } },
    { who: "a stranger", path: "/orders", headers: stranger, status: 200, json: { orders: [] } },
    { who: "nobody", path: "/orders", headers: {}, ...missing },
    { who: "an empty id", path: "/orders", headers: { "x-user-id": "" }, ...missing },
    { who: "a role alone", path: "/orders", headers: { "x-user-role": "admin" }, ...missing },
    { who: "nobody", path: "/orders/1", headers: {}, ...missing },
    {
      who: "another spelling of admin",
      path: "/orders",
      headers: { "x-user-id": "1", "x-user-role": "Admin" },
      status: 200,
      json: { orders: [first] },
    },
    {
      who: "two roles at once",
      path: "/orders",
      headers: { "x-user-id": "3", "x-user-role": ["user", "admin"] },
      status: 200,
      json: { orders: [] },
    },
    {
      who: "two users at once",
      path: "/orders",
      headers: { "x-user-id": ["1", "2"] },
      status: 200,
      json: { orders: [] },
    },
    { who: "admin", path: "/orders/2", headers: admin, status: 200, json: second },
    { who: "alice", path: "/orders/1", headers: alice, status: 200, json: first },
    { who: "alice, of bob's,", path: "/orders/2", headers: alice, ...unknown },
    { who: "alice, of none,", path: "/orders/3", headers: alice, ...unknown },
    { who: "alice", path: "/orders/01", headers: alice, ...unknown },
    { who: "alice", path: "/orders/1.0", headers: alice, ...unknown },
    { who: "alice", path: "/orders/%201", headers: alice, ...unknown },
    { who: "admin", path: "/orders/1'%20OR%201=1", headers: admin, ...unknown },
    { who: "admin", path: `/orders/${"1".repeat(40_000)}`, headers: admin, ...unknown },
    { who: "admin", path: "/orders/%e0%80", headers: admin, status: 404, json: { error: "Not found" } },
    { who: "nobody", path: "/health", headers: {}, status: 200, json: { status: "ok" } },
  ];
  const port = await start(t, createOrdersServer());
  for (const { who, path, headers, status, json } of cases) {
    await t.test(`GET ${path.slice(0, 40)} by ${who} is a ${status}`, async () => {
      const result = await send(port, path, { headers });
      assert.equal(result.status, status);
      assert.deepEqual(result.json, json);
    });
  }
});

test("placing orders", async (t) => {
  const port = await start(t, createOrdersServer());
  const cases = [
    { body: { product: "Widget" }, product: "Widget", total: 29.99 },
    { body: { product_id: "2" }, product: "Gadget", total: 49.99 },
    { body: { product: "Widget", quantity: 3 }, product: "Widget", total: 89.97 },
    { body: { product_id: "1", quantity: 1_000_000 }, product: "Widget", total: 29_990_000 },
    {
      body: { product: "Gadget", id: "1", user_id: "2", total: 0.01, status: "shipped" },
      product: "Gadget",
      total: 49.99,
    },
  ];
  for (const [index, { body, product, total }] of cases.entries()) {
    await t.test(JSON.stringify(body), async () => {
      const placed = { id: String(index + 3), user_id: "1", product, total, status: "pending" };
      const result = await send(port, "/orders", order(alice, body));
      assert.equal(result.status, 201);
      assert.deepEqual(result.json, placed);

      const location = result.headers.location;
      assert.ok(location);
      const publicUrl = new URL(location, "http://gateway.example/api/v1/orders");
      assert.equal(publicUrl.href, `http://gateway.example/api/v1/orders/${placed.id}`);
      const path = new URL(location, `http://127.0.0.1:${port}/orders`).pathname;
      assert.deepEqual((await send(port, path, { headers: alice })).json, placed);
      assert.equal((await send(port, path, { headers: bob })).status, 404);
    });
  }
  await t.test("an admin orders for themselves", async () => {
    const result = await send(port, "/orders", order(admin, { product: "Widget" }));
    assert.deepEqual(result.json, { ...first, id: "8", user_id: "7", status: "pending" });
  });
});

test("orders that are refused leave nothing behind", async (t) => {
  const json = { "content-type": "application/json", ...alice };
  const good = '{"product":"Widget"}';
  const unknown = { status: 422, error: "Unknown product" };
  const quantity = { status: 422, error: "Quantity must be a whole number from 1 to 1000000" };
  const noObject = { status: 400, error: "Body must be a JSON object" };
  const notJson = { status: 415, error: "Content-Type must be application/json" };
  const cases: readonly {
    what: string;
    headers: Record<string, string>;
    body?: string | Uint8Array;
    status: number;
    error: string;
  }[] = [
    {
      what: "no identity",
      headers: { "content-type": "application/json" },
      body: good,
      status: 401,
      error: "Missing identity",
    },
    { what: "no content type", headers: alice, body: good, ...notJson },
    { what: "a form", headers: { ...json, "content-type": "text/plain" }, body: good, ...notJson },
    {
      what: "nearly JSON",
      headers: { ...json, "content-type": "application/jsonp" },
      body: good,
      ...notJson,
    },
    { what: "no body", headers: json, ...noObject },
    { what: "half a body", headers: json, body: '{"product":"Wid', ...noObject },
    { what: "an array", headers: json, body: '["Widget"]', ...noObject },
    { what: "null", headers: json, body: "null", ...noObject },
    { what: "a string", headers: json, body: '"Widget"', ...noObject },
    { what: "bad UTF-8", headers: json, body: Buffer.from('{"product":"\xff"}', "latin1"), ...noObject },
    { what: "deep nesting", headers: json, body: "[".repeat(16_000), ...noObject },
    { what: "an empty object", headers: json, body: "{}", ...unknown },
    { what: "an unknown name", headers: json, body: '{"product":"Gizmo"}', ...unknown },
    { what: "another case", headers: json, body: '{"product":"widget"}', ...unknown },
    { what: "an unknown id", headers: json, body: '{"product_id":"3"}', ...unknown },
    { what: "an id that is a number", headers: json, body: '{"product_id":1}', ...unknown },
    { what: "a name that is a list", headers: json, body: '{"product":["Widget"]}', ...unknown },
    { what: "half a surrogate", headers: json, body: String.raw`{"product":"\ud800"}`, ...unknown },
    { what: "SQL", headers: json, body: `{"product":"' OR '1'='1"}`, ...unknown },
    { what: "an own __proto__", headers: json, body: '{"__proto__":{"product":"Widget"}}', ...unknown },
    {
      what: "two products",
      headers: json,
      body: '{"product":"Widget","product_id":"2"}',
      status: 422,
      error: "Give product or product_id, not both",
    },
    ...["0", "-1", "1.5", '"2"', "null", "true", "[1]", "1e400", "1000001"].map((text) => ({
      what: `quantity ${text}`,
      headers: json,
      body: `{"product":"Widget","quantity":${text}}`,
      ...quantity,
    })),
    {
      what: "a body past the limit",
      headers: json,
      body: good.padEnd(16 * 1024 + 1),
      status: 413,
      error: "Body too large",
    },
    {
      what: "a body far past the limit",
      headers: json,
      body: good.padEnd(1 << 20),
      status: 413,
      error: "Body too large",
    },
  ];
  const port = await start(t, createOrdersServer());
  for (const { what, headers, body, status, error } of cases) {
    await t.test(`${what} is a ${status}`, async () => {
      const result = await send(port, "/orders", {
        method: "POST",
        headers,
        ...(body === undefined ? {} : { body }),
      });
      assert.equal(result.status, status);
      assert.deepEqual(result.json, { error });
    });
  }
  assert.deepEqual((await send(port, "/orders", { headers: admin })).json, { orders: [first, second] });
});

test("what a body may be", async (t) => {
  const port = await start(t, createOrdersServer());
  const good = '{"product":"Widget"}';
  for (const [type, body] of [
    ["application/json; charset=utf-8", good],
    ["Application/JSON ;charset=utf-8", good],
    ["application/json", good.padEnd(16 * 1024)],
  ] as const) {
    const headers = { ...alice, "content-type": type };
    assert.equal((await send(port, "/orders", { method: "POST", headers, body })).status, 201);
  }
});

test("other methods", async (t) => {
  const port = await start(t, createOrdersServer());
  for (const [method, path, allow] of [
    ["DELETE", "/orders", "GET, HEAD, POST"],
    ["PATCH", "/orders/1", "GET, HEAD"],
    ["POST", "/orders/1", "GET, HEAD"],
  ] as const) {
    const result = await send(port, path, { method, headers: admin });
    assert.equal(result.status, 405);
    assert.equal(result.headers.allow, allow);
  }
});

test("a client that leaves in the middle of a body is no fault, and no order", async (t) => {
  const logged = t.mock.method(console, "error", () => {});
  const server = createOrdersServer();
  const port = await start(t, server);
  const arrived = once(server, "request");
  const headers = { ...alice, "content-type": "application/json", "content-length": 20 };
  const outgoing = request({ host: "127.0.0.1", port, path: "/orders", method: "POST", headers });
  outgoing.on("error", () => {});
  outgoing.write('{"product":');
  const [incoming] = await arrived;
  const left = once(incoming, "close");
  outgoing.destroy();
  await left.catch(() => {});
  assert.deepEqual((await send(port, "/orders", { headers: alice })).json, { orders: [first] });
  assert.equal(logged.mock.callCount(), 0);
});

test("a database in a file keeps its orders and prices: seeding again changes nothing", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "shop-orders-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "orders.sqlite");

  const before = createOrdersServer(path);
  const placed = { ...second, id: "3", user_id: "1" };
  const result = await send(await start(t, before), "/orders", order(alice, { product: "Gadget" }));
  assert.deepEqual(result.json, placed);
  const closed = once(before, "close");
  before.close();
  await closed;
  const database = new DatabaseSync(path);
  database.exec("UPDATE catalogue SET price_cents = 1001; UPDATE orders SET status = 'shipped'");
  database.close();

  const port = await start(t, createOrdersServer(path));
  assert.deepEqual((await send(port, "/orders", { headers: admin })).json, {
    orders: [first, { ...second, status: "shipped" }, { ...placed, status: "shipped" }],
  });
  assert.deepEqual((await send(port, "/orders", order(bob, { product: "Gadget", quantity: 3 }))).json, {
    ...second,
    id: "4",
    total: 30.03,
  });
});
