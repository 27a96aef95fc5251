/** What each algorithm admits, through the policy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, ask, code, end, fieldsOf, setUp, type Input } from "./testing.ts";

const cases: readonly (readonly [what: string, config: Input, atOnce: number, afterASecond: number])[] = [
  ["token-bucket", { limit: 10, window: "10s" }, 10, 1],
  ["gcra", { limit: 10, window: "10s", algorithm: "gcra" }, 1, 1],
  ["gcra with a burst", { limit: 10, window: "10s", algorithm: "gcra", burst: 4 }, 4, 1],
  ["sliding-window", { limit: 10, window: "10s", algorithm: "sliding-window" }, 10, 0],
  ["sliding-log", { limit: 10, window: "1s", algorithm: "sliding-log" }, 10, 10],
  ["fixed-window", { limit: 10, window: "1s", algorithm: "fixed-window" }, 10, 10],
  ["quota", { limit: 10, period: "day", algorithm: "quota" }, 10, 0],
];
for (const [what, config, atOnce, afterASecond] of cases) {
  test(`${what} admits ${atOnce} at once and ${afterASecond} a second later`, () => {
    const { host, policy } = setUp(config);
    assert.equal(admitted(policy, 50), atOnce);
    host.clock.advance(1000);
    assert.equal(admitted(policy, 50), afterASecond);
  });
}

test("a quota begins anew with the day or month of UTC, and says when", () => {
  // The simulated clock begins with the year.
  const { host, policy } = setUp([
    { limit: 5, period: "day", algorithm: "quota", name: "day" },
    { limit: 12, period: "month", algorithm: "quota", name: "month" },
  ]);
  assert.equal(admitted(policy, 10), 5);
  const fields = fieldsOf(ask(policy).reply);
  assert.equal(fields["retry-after"], "86400");
  assert.equal(fields["ratelimit-policy"], '"day";q=5;w=86400, "month";q=12');
  host.clock.advance(86_400_000 - 1);
  assert.equal(admitted(policy, 10), 0);
  host.clock.advance(1);
  assert.equal(admitted(policy, 10), 5);
  host.clock.advance(86_400_000);
  assert.equal(admitted(policy, 10), 2);
  assert.deepEqual(ask(policy).reply?.refusal?.members?.["violated-policies"], ["month"]);
  host.clock.advance(29 * 86_400_000);
  assert.equal(admitted(policy, 10), 5);
});

test("concurrency counts what is under way, by whatever end it comes to", () => {
  const { policy } = setUp({ limit: 2, algorithm: "concurrency" });
  const first = ask(policy).x;
  const second = ask(policy).x;
  const third = ask(policy);
  assert.equal(code(third.reply), "rateLimit.exceeded");
  policy.entrance.done!(third.x);
  assert.equal(admitted(policy, 1), 0);
  assert.match(end(policy, first)["ratelimit-policy"]!, /^"default";q=2;qu="concurrent-requests"$/);
  const fourth = ask(policy);
  assert.equal(fourth.reply, undefined);
  // Aborted: no response was ever begun. Twice is no more than once.
  policy.entrance.done!(second);
  policy.entrance.done!(second);
  assert.equal(admitted(policy, 5), 1);
});
