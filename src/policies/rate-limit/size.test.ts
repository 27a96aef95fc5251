/** Limits whose size is that of a plan or a claim, and those who have none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, caller, setUp } from "./testing.ts";

test("by plan", () => {
  const { policy } = setUp({
    limit: { plans: { free: 2, pro: 5 }, default: 1 },
    window: "1m",
    key: "caller",
  });
  assert.equal(admitted(policy, 9, caller("a", { plan: "free" })), 2);
  assert.equal(admitted(policy, 9, caller("b", { plan: "pro" })), 5);
  assert.equal(admitted(policy, 9, caller("c", { plan: "other" })), 1);
  assert.equal(admitted(policy, 9, caller("d", { plan: "constructor" })), 1);
  assert.equal(admitted(policy, 9, caller("e")), 1);
  // On another plan from now on, with a count of its own.
  assert.equal(admitted(policy, 9, caller("a", { plan: "pro" })), 5);
});

test("by claim: a positive integer up to the maximum, and nothing that only looks like one", () => {
  const { policy } = setUp({ limit: { claim: "rate", default: 1, max: 6 }, window: "1m", key: "caller" });
  for (const [rate, expected] of [
    [3, 3],
    [100, 6],
    [0, 1],
    [-5, 1],
    [2.5, 1],
    ["3", 1],
    [[3], 1],
    [null, 1],
    [Infinity, 1],
    [undefined, 1],
  ] as const) {
    const who = caller(`${typeof rate} ${String(rate)}`, { claims: { rate } });
    assert.equal(admitted(policy, 20, who), expected, JSON.stringify(rate));
  }
});

test("more sizes than are remembered are limits all the same", () => {
  const { policy } = setUp({
    limit: { claim: "rate", default: 1, max: 5000 },
    window: "1m",
    key: "caller",
  });
  for (let rate = 1; rate < 1500; rate++)
    assert.equal(admitted(policy, 1, caller(`${rate}`, { claims: { rate } })), 1);
  assert.equal(admitted(policy, 3000, caller("last", { claims: { rate: 2500 } })), 2500);
});

test("exempt callers are not limited, and use up nothing", () => {
  const { policy } = setUp({
    limit: 1,
    window: "1m",
    key: "all",
    exempt: { callers: ["monitor"], plans: ["internal"], scopes: ["ops"] },
  });
  assert.equal(admitted(policy, 5, caller("monitor")), 5);
  assert.equal(admitted(policy, 5, caller("a", { plan: "internal" })), 5);
  assert.equal(admitted(policy, 5, caller("a", { scopes: ["read", "ops"] })), 5);
  assert.equal(admitted(policy, 5, caller("a", { scopes: ["op"], plan: "x" })), 1);
  assert.equal(admitted(policy, 5), 0);
});
