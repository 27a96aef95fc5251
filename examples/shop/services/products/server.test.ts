import assert from "node:assert/strict";
import { test } from "node:test";
import { send, start } from "../testing.ts";
import { createProductsServer } from "./server.ts";

const widget = { id: "1", name: "Widget", price: 29.99, stock: 150 };
const gadget = { id: "2", name: "Gadget", price: 49.99, stock: 75 };
const unknown = { error: "Product not found" };

const cases: readonly { path: string; status: number; json: unknown }[] = [
  { path: "/products", status: 200, json: { products: [widget, gadget] } },
  { path: "/products/1", status: 200, json: widget },
  { path: "/products/2", status: 200, json: gadget },
  { path: "/products/3", status: 404, json: unknown },
  { path: "/products/01", status: 404, json: unknown },
  { path: "/products/Widget", status: 404, json: unknown },
  { path: "/products/1;DROP%20TABLE%20products", status: 404, json: unknown },
  { path: `/products/${"%00".repeat(10_000)}`, status: 404, json: unknown },
  { path: "/products/%ff%fe", status: 404, json: { error: "Not found" } },
  { path: "/health", status: 200, json: { status: "ok" } },
];

test("products", async (t) => {
  const port = await start(t, createProductsServer());
  for (const { path, status, json } of cases) {
    await t.test(`GET ${path.slice(0, 40)} is a ${status}`, async () => {
      const result = await send(port, path);
      assert.equal(result.status, status);
      assert.deepEqual(result.json, json);
    });
  }
  await t.test("products cannot be changed", async () => {
    const result = await send(port, "/products/1", { method: "DELETE" });
    assert.equal(result.status, 405);
    assert.equal(result.headers.allow, "GET, HEAD");
  });
});
