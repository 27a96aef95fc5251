import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketTicks } from "./token-bucket.ts";

const cases: readonly [limit: number, windowMs: number, burst: number, ticksPerMs: number][] = [
  [100, 60_000, 100, 1000],
  [7, 60_000, 7, 1000],
  [1_000_000, 1_000, 1_000_000, 1000],
  [1, 366 * 86_400_000, 100, 1000],
  // A prime limit with a long window: a microsecond's numbers pass 2^53.
  [999_983, 86_400_000, 999_983, 1],
];

for (const [limit, windowMs, burst, ticksPerMs] of cases) {
  test(`${limit} in ${windowMs} ms, burst ${burst}: counted in ${ticksPerMs} ticks a millisecond`, () => {
    assert.equal(bucketTicks(limit, windowMs, burst), ticksPerMs);
  });
}

test("what cannot be counted exactly is refused", () => {
  assert.throws(() => bucketTicks(999_999_937, 366 * 86_400_000 - 1, 999_999_937), RangeError);
});
