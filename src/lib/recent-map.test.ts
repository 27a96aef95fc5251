import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("keeps what is asked for, forgets the rest, and never holds more than its bound", () => {
  const map = new RecentMap<number>(10);
  map.set("kept", 1);
  for (let i = 0; i < 1000; i += 1) {
    map.set(`other ${i}`, i);
    assert.equal(map.get("kept"), 1);
    assert.ok(map.size <= 10, String(map.size));
  }
  assert.equal(map.get("other 999"), 999);
  assert.equal(map.get("other 900"), undefined);
});

test("a value that is set again replaces the first and takes no more room", () => {
  const map = new RecentMap<number>(2);
  for (const value of [1, 2, 3]) map.set("a", value);
  assert.equal(map.get("a"), 3);
  assert.equal(map.size, 1);
});

test("a newer value wins over one of the old generation", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  map.set("b", 1);
  map.set("a", 2);
  assert.equal(map.get("a"), 2);
  map.set("c", 1);
  assert.equal(map.get("a"), 2);
});
