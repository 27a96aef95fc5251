import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Router } from "./router.ts";
import { ask, entryOf } from "./testing.ts";

/** How many segments of paths a match looked at, over all the branches that it tried: it looks for the end of each. */
function countSteps(
  t: TestContext,
  router: Router<string>,
  request: string,
): { steps: number; kind: string } {
  const indexOf = t.mock.method(String.prototype, "indexOf");
  const matchOnly = router.match.bind(router);
  let steps = 0;
  let kind = "";
  t.mock.method(router, "match", (asked: Parameters<typeof matchOnly>[0]) => {
    const before = indexOf.mock.callCount();
    const match = matchOnly(asked);
    steps = indexOf.mock.callCount() - before;
    kind = match.kind;
    return match;
  });
  ask(router, request);
  t.mock.restoreAll();
  return { steps, kind };
}

/** Nodes of the tree that these patterns make. */
function countNodes(paths: readonly string[]): number {
  const nodes = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/").map((part) => (part.startsWith("{") ? "{}" : part));
    for (let i = 1; i <= parts.length; i++) nodes.add(parts.slice(0, i).join("/"));
  }
  return nodes.size;
}

const levels = 40;
const forks = Array.from({ length: levels }, (_, fork) => {
  const parts = Array.from({ length: levels }, (_, level) => (level === fork ? `{p${level}}` : "a"));
  return `/${parts.join("/")}/end`;
});
const everyFork = Array.from({ length: 2 ** 8 }, (_, bits) => {
  const parts = Array.from({ length: 8 }, (_, level) => ((bits >> level) & 1 ? `{p${level}}` : "a"));
  return `/${parts.join("/")}/end`;
});

const hostile: readonly { name: string; paths: readonly string[]; request: string }[] = [
  { name: "a fork on each of 40 levels", paths: forks, request: `GET /${"a/".repeat(levels)}no` },
  { name: "every fork on 8 levels", paths: everyFork, request: `GET /${"a/".repeat(8)}no` },
  { name: "the same with another method", paths: everyFork, request: `PUT /${"a/".repeat(8)}end` },
  {
    name: "a path of 4,000 segments",
    paths: ["/{a}/{b}/*", "/a/{b}/c", "/a/*"],
    request: `PUT /${"a/".repeat(4000)}`,
  },
  { name: "a path of slashes", paths: ["/{a}/{b}/*", "/a/{b}/c"], request: `GET ${"/".repeat(8000)}` },
];
for (const { name, paths, request } of hostile) {
  void test(`router: ${name}: no branch is tried twice`, (t) => {
    const router = new Router([...paths.map((path) => entryOf(`GET ${path}`)), entryOf("prefix /a")]);
    const { steps, kind } = countSteps(t, router, request);
    assert.notEqual(kind, "found");
    assert.ok(steps >= 1, "steps are counted");
    // Once for routes, and once more for the fallback.
    const most = 2 * countNodes(paths);
    assert.ok(steps <= most, `${steps} steps, at most ${most}`);
  });
}

function manyRoutes(count: number): Router<string> {
  const resources = Array.from({ length: count / 2 }, (_, i) => `/api/v1/resource${i}`);
  return new Router(resources.flatMap((path) => [entryOf(`GET ${path}`), entryOf(`GET ${path}/{id}`)]));
}

void test("router: 10,000 routes take as many steps as 10, and each is found", (t) => {
  const few = manyRoutes(10);
  const many = manyRoutes(10_000);
  for (const path of ["resource3", "resource3/7", "none", "resource3/7/none"]) {
    const request = `GET /api/v1/${path}`;
    assert.deepEqual(countSteps(t, many, request), countSteps(t, few, request), path);
  }
  for (let i = 0; i < 5000; i++) {
    const match = ask(many, `GET /api/v1/resource${i}/x`);
    assert.equal(match.kind, "found");
    assert.equal(match.value, `GET /api/v1/resource${i}/{id}`);
  }
});
