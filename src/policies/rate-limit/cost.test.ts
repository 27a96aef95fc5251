/** What a request takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, ask, code, end, setUp } from "./testing.ts";

test("a route's number", () => {
  const { policy } = setUp({ limit: 10, window: "1m", cost: 4 });
  assert.equal(admitted(policy, 5), 2);
  assert.equal(end(policy, ask(policy).x)["x-ratelimit-remaining"], "2");
});

test("what the service says at the end, which clients do not see", () => {
  const { policy } = setUp({
    limit: 10,
    window: "1m",
    cost: { responseHeader: "X-Cost", max: 8 },
  });
  const cases: readonly (readonly [told: string, remaining: string])[] = [
    ["3", "7"],
    ["0", "6"],
    ["nonsense", "5"],
    ["-7", "4"],
    ["1e3", "3"],
    ["999999", "0"],
  ];
  for (const [told, remaining] of cases) {
    const fields = end(policy, ask(policy).x, { "x-cost": told });
    assert.equal(fields["x-ratelimit-remaining"], remaining, told);
    assert.ok(!("x-cost" in fields));
  }
  // It owes 5: 6 s for each until one is there again.
  assert.equal(ask(policy).reply?.refusal?.members?.["retry_after"], 36);
});

test("who is let off at the end, as the table is full, is told what was left, and nothing of others", () => {
  const { host, policy } = setUp({
    limit: 10,
    window: "1s",
    maxKeys: 1,
    key: { header: "x-team" },
    cost: { responseHeader: "x-cost" },
  });
  const of = (team: string) => ask(policy, undefined, { headers: { "x-team": team } });
  const { x } = of("slow");
  host.clock.advance(1000);
  const others = Array.from({ length: 60 }, (_, i) => of(`${i}`));
  const full = others.filter(({ reply }) => code(reply) === "rateLimit.table_full").length;
  assert.ok(full > 0 && full < 60);
  assert.equal(end(policy, others[0]!.x, { "x-cost": "8" })["x-ratelimit-remaining"], "2");
  assert.equal(end(policy, x, { "x-cost": "5" })["x-ratelimit-remaining"], "9");
});
