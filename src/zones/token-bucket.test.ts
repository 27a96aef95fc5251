import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenBucket } from "./token-bucket.ts";

const cases: readonly [limit: number, windowMs: number, burst: number, ticksPerMs: number][] = [
  [100, 60_000, 100, 1000],
  [7, 60_000, 7, 1000],
  [1_000_000, 1_000, 1_000_000, 1000],
  [1, 366 * 86_400_000, 100, 1000],
  // A prime limit with a long window: a microsecond's numbers pass 2^53.
  [999_983, 86_400_000, 999_983, 1],
];

for (const [limit, windowMs, burst, ticksPerMs] of cases) {
  test(`${limit} in ${windowMs} ms, burst ${burst}: exact integers that say the same`, () => {
    const bucket = tokenBucket(limit, windowMs, burst);
    assert.equal(bucket.ticksPerMs, ticksPerMs);
    for (const units of [bucket.capacityUnits, bucket.tokenUnits, bucket.unitsPerTick]) {
      assert.ok(Number.isSafeInteger(units) && units > 0);
    }
    assert.equal(BigInt(bucket.capacityUnits), BigInt(bucket.tokenUnits) * BigInt(burst));
    // A window's ticks refill `limit` tokens.
    const refilled = BigInt(bucket.unitsPerTick) * BigInt(windowMs) * BigInt(ticksPerMs);
    assert.equal(refilled, BigInt(bucket.tokenUnits) * BigInt(limit));
  });
}

test("what cannot be counted exactly is refused", () => {
  assert.throws(() => tokenBucket(999_999_937, 366 * 86_400_000 - 1, 999_999_937), RangeError);
});
