/** Limits whose size is that of a plan or a claim, and those who have none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, caller, needsOf, setUp, type Input } from "./testing.ts";

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

test("exempt addresses are not limited, before anybody is authenticated", () => {
  const exempt = { addresses: ["192.0.2.0/24", "loopback", "2001:db8::/32"] };
  const config: Input = { limit: 1, window: "1m", key: "all", exempt };
  assert.deepEqual(needsOf(config), []);
  const { policy } = setUp(config);
  for (const address of ["192.0.2.7", "::ffff:192.0.2.8", "127.0.0.1", "::1", "2001:db8:1::1"])
    assert.equal(admitted(policy, 3, undefined, { address }), 3, address);
  // Whoever has gone has no address.
  assert.equal(admitted(policy, 3, undefined, { address: "" }), 1);
  for (const address of ["192.0.3.1", "10.0.0.1", "2001:db9::1"])
    assert.equal(admitted(policy, 3, undefined, { address }), 0, address);
});

test("a limit that also exempts callers waits for who is calling, and exempts either", () => {
  const config: Input = {
    limit: 1,
    window: "1m",
    exempt: { addresses: ["192.0.2.1"], callers: ["monitor"] },
  };
  assert.deepEqual(needsOf(config), [{ caller: true, tenant: false, params: [], path: ["exempt"] }]);
  const { policy } = setUp(config);
  assert.equal(admitted(policy, 3, caller("a"), { address: "192.0.2.1" }), 3);
  assert.equal(admitted(policy, 3, caller("monitor"), { address: "192.0.2.2" }), 3);
  assert.equal(admitted(policy, 3, caller("a"), { address: "192.0.2.2" }), 1);
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
