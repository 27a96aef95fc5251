/** What has a count of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, ask, by, caller, code, setUp } from "./testing.ts";

test("by caller: whatever address it calls from, and whoever else has its name", () => {
  const { policy } = setUp(by("caller"));
  assert.equal(admitted(policy, 5, caller("a")), 2);
  assert.equal(admitted(policy, 5, caller("a"), { address: "192.0.2.9" }), 0);
  assert.equal(admitted(policy, 5, caller("b")), 2);
  assert.equal(admitted(policy, 5, caller("a", { kind: "apiKey" })), 2);
});

test("by claim: a text and a number are two keys, anything else is none", () => {
  const { policy } = setUp(by({ claim: "org" }));
  for (const org of ["1", 1, "", "true"]) {
    assert.equal(admitted(policy, 5, caller("a", { claims: { org } })), 2, JSON.stringify(org));
  }
  for (const org of [true, null, undefined, ["1"], { a: 1 }]) {
    const { reply } = ask(policy, caller("a", { claims: { org } }));
    assert.equal(code(reply), "rateLimit.no_key", JSON.stringify(org));
    assert.equal(reply?.status, 400);
  }
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.equal(code(ask(setUp(by({ claim: name })).policy, caller("a")).reply), "rateLimit.no_key");
  }
});

test("by header, in any case of its name", () => {
  const { policy } = setUp(by({ header: "X-Team" }));
  assert.equal(admitted(policy, 5, undefined, { headers: { "x-team": "a" } }), 2);
  assert.equal(admitted(policy, 5, undefined, { headers: { "x-team": "b" } }), 2);
  assert.equal(code(ask(policy).reply), "rateLimit.no_key");
});

test("by a list: each combination, and no way to move the border between two parts", () => {
  const { policy } = setUp(by([{ header: "a" }, { header: "b" }]));
  for (const [a, b] of [
    ["x", "yz"],
    ["xy", "z"],
    ["x", "y"],
    ["x,", ""],
    ["x", ","],
  ] as const) {
    assert.equal(admitted(policy, 5, undefined, { headers: { a, b } }), 2);
  }
});

test("by networks of another length", () => {
  const { policy } = setUp(by({ ipv4: 24, ipv6: 48 }));
  assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.1" }), 2);
  assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.200" }), 0);
  assert.equal(admitted(policy, 5, undefined, { address: "192.0.3.1" }), 2);
  assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:1:2::1" }), 2);
  assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:1:3::1" }), 0);
  assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:2:2::1" }), 2);
  const host = setUp(by({ ipv6: 128 }));
  assert.equal(admitted(host.policy, 5, undefined, { address: "2001:db8::1" }), 2);
  assert.equal(admitted(host.policy, 5, undefined, { address: "2001:db8::2" }), 2);
});

test("all together, by route and by service", () => {
  for (const key of ["all", "route", "service"] as const) {
    const { policy } = setUp(by(key));
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.1" }), 2);
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.2" }), 0);
  }
});

test("without what the key is made of: denied, let pass, or counted by address, as the config says", () => {
  assert.equal(admitted(setUp(by("caller")).policy, 5), 0);
  assert.equal(admitted(setUp(by("caller", { onMissingKey: "skip" })).policy, 5), 5);
  const { policy } = setUp(by("caller", { onMissingKey: "ip" }));
  assert.equal(admitted(policy, 5), 2);
  assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.2" }), 2);
  assert.equal(admitted(policy, 5, caller("a")), 2);
});
