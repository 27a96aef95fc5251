import assert from "node:assert/strict";
import { test } from "node:test";
import { Router, RouterError } from "./router.ts";
import { entryOf } from "./testing.ts";
import type { Listed } from "./testing.ts";

const duplicates: readonly {
  name: string;
  routes: readonly Listed[];
  indices: readonly (readonly number[])[];
}[] = [
  { name: "the same path", routes: ["GET /a", "GET /b", "GET /a"], indices: [[0, 2]] },
  { name: "one method of several", routes: ["GET,POST /a", "PUT,POST /a"], indices: [[0, 1]] },
  { name: "any method twice", routes: ["ANY /a", "ANY /a"], indices: [[0, 1]] },
  { name: "parameters of other names", routes: ["GET /{a}/x", "GET /{b}/x"], indices: [[0, 1]] },
  { name: "escapes of the same character", routes: ["GET /~a", "GET /%7ea"], indices: [[0, 1]] },
  {
    name: "one host of several",
    routes: [
      ["GET /a", { hosts: ["a.test", "b.test"] }],
      ["GET /a", { hosts: ["b.test"] }],
    ],
    indices: [[0, 1]],
  },
  {
    name: "the same conditions in another order",
    routes: [
      ["GET /a", { headers: { a: "1", b: true } }],
      ["GET /a", { headers: { b: true, a: "1" } }],
    ],
    indices: [[0, 1]],
  },
  {
    name: "each with the one before it, beside patterns that cannot be read",
    routes: ["GET /a", "GET a", "GET /a", "GET /a", "prefix /{"],
    indices: [[1], [0, 2], [2, 3], [4]],
  },
];
for (const { name, routes, indices } of duplicates) {
  void test(`router refuses ${name}`, () => {
    assert.throws(
      () => new Router(routes.map(entryOf)),
      (error) => {
        assert.ok(error instanceof RouterError);
        assert.deepEqual(
          error.problems.map((problem) => problem.indices),
          indices,
        );
        return true;
      },
    );
  });
}

const distinct: readonly (readonly Listed[])[] = [
  ["GET /a", "POST /a", "ANY /a", "HEAD /a"],
  ["GET /a", "GET /a/"],
  ["GET /a", "GET /{a}", "GET /*"],
  ["GET /%2A", "GET /*"],
  ["GET /a", ["GET /a", { hosts: ["a.test"] }], ["GET /a", { hosts: ["*.a.test"] }]],
  [
    "GET /a",
    ["GET /a", { headers: { x: "1" } }],
    ["GET /a", { headers: { x: true } }],
    ["GET /a", { query: { x: "1" } }],
  ],
  // Conditions are compared in parts: a joined form would take these two for one.
  [
    ["GET /a", { headers: { a: "1,b=2" } }],
    ["GET /a", { headers: { a: "1", b: "2" } }],
  ],
  ["prefix /a", "prefix /a", "ANY /a"],
];
for (const routes of distinct) {
  void test(`router accepts ${JSON.stringify(routes)}`, () => {
    assert.doesNotThrow(() => new Router(routes.map(entryOf)));
  });
}
