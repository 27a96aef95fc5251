import assert from "node:assert/strict";
import { test } from "node:test";
import { send, start } from "../testing.ts";
import { createUsersServer } from "./server.ts";

const alice = { id: "1", name: "Alice", email: "alice@example.com" };
const bob = { id: "2", name: "Bob", email: "bob@example.com" };
const unknown = { error: "User not found" };

const cases: readonly { path: string; status: number; json: unknown }[] = [
  { path: "/users", status: 200, json: { users: [alice, bob] } },
  { path: "/users/1", status: 200, json: alice },
  { path: "/users/2", status: 200, json: bob },
  { path: "/users/3", status: 404, json: unknown },
  { path: "/users/01", status: 404, json: unknown },
  { path: "/users/1.0", status: 404, json: unknown },
  { path: "/users/1%20", status: 404, json: unknown },
  { path: "/users/1%00", status: 404, json: unknown },
  { path: "/users/%00", status: 404, json: unknown },
  { path: "/users/..%2fusers", status: 404, json: unknown },
  { path: "/users/1'%20OR%20'1'='1", status: 404, json: unknown },
  { path: "/users/__proto__", status: 404, json: unknown },
  { path: "/users/%F0%9F%A6%89", status: 404, json: unknown },
  { path: `/users/${"9".repeat(40_000)}`, status: 404, json: unknown },
  { path: "/users/%", status: 404, json: { error: "Not found" } },
  { path: "/users/%zz", status: 404, json: { error: "Not found" } },
  { path: "/users/%c0%af", status: 404, json: { error: "Not found" } },
  { path: "/health", status: 200, json: { status: "ok" } },
];

test("users", async (t) => {
  const port = await start(t, createUsersServer());
  for (const { path, status, json } of cases) {
    await t.test(`GET ${path.slice(0, 40)} is a ${status}`, async () => {
      const result = await send(port, path);
      assert.equal(result.status, status);
      assert.deepEqual(result.json, json);
    });
  }
  await t.test("users cannot be changed", async () => {
    const result = await send(port, "/users", { method: "POST", body: "{}" });
    assert.equal(result.status, 405);
    assert.equal(result.headers.allow, "GET, HEAD");
  });
});
