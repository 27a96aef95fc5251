/** Circles of imports: files that cannot be understood, or moved, one without the others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ofSources } from "./imports.ts";

/** Those that may be, each of types alone: one thing that is written down in several files. */
const ALLOWED: readonly (readonly string[])[] = [
  // An exchange has a route, whose steps and handler are given exchanges.
  [
    "src/core/authenticator.ts",
    "src/core/exchange.ts",
    "src/core/handler.ts",
    "src/core/identity-step.ts",
    "src/core/observer.ts",
    "src/core/policy.ts",
    "src/core/route.ts",
    "src/core/snapshot.ts",
    "src/core/tenant.ts",
  ],
  // A search remembers the leaves that it has met, and a leaf is asked by a search.
  ["src/router/leaf.ts", "src/router/search.ts"],
];

/** The strongly connected parts of more than one file (Tarjan, 1972). */
function findCircles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const target of edges.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) circles.push(circle.toSorted());
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return circles.toSorted((left, right) => left[0]!.localeCompare(right[0]!));
}

function edgesOf(imports: typeof ofSources): ReadonlyMap<string, readonly string[]> {
  const edges = new Map<string, string[]>();
  for (const { file, target } of imports) {
    if (target === undefined) continue;
    edges.set(file, [...(edges.get(file) ?? []), target]);
  }
  return edges;
}

test("circles of imports are those that are known", () => {
  assert.deepEqual(findCircles(edgesOf(ofSources)), ALLOWED);
});

test("and none of them is there when the code runs", () => {
  assert.deepEqual(findCircles(edgesOf(ofSources.filter(({ isOfTypes }) => !isOfTypes))), []);
});

test("a circle is found, however long, with what only leads to it left out", () => {
  const edges = new Map([
    ["a", ["b"]],
    ["b", ["c", "z"]],
    ["c", ["d"]],
    ["d", ["b"]],
    ["e", ["e2"]],
    ["e2", ["e", "a"]],
  ]);
  assert.deepEqual(findCircles(edges), [
    ["b", "c", "d"],
    ["e", "e2"],
  ]);
});
