import assert from "node:assert/strict";
import { test } from "node:test";
import { median, medianOfRatios, ratioOfMedians } from "./statistics.ts";

for (const [values, expected] of [
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100], 10],
] as const) {
  test(`the median of ${values.join(", ")} is ${expected}`, () => {
    assert.equal(median(values), expected);
  });
}

test("the median of nothing is an error, not NaN", () => {
  assert.throws(() => median([]), RangeError);
});

test("a slow round that befalls both peers does not move the median of ratios, and does move that of medians", () => {
  const ours = [10, 30, 30];
  const theirs = [20, 60, 15];
  assert.equal(medianOfRatios(ours, theirs), 0.5);
  assert.equal(ratioOfMedians(ours, theirs), 1.5);
});

test("peers with different numbers of rounds are not compared", () => {
  assert.throws(() => medianOfRatios([1, 2], [1]), RangeError);
});
