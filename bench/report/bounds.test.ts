import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeBounds } from "./bounds.ts";
import { makeSampleResults } from "./sample-results.ts";

test("each figure is compared with its bound, at the bound still reached", () => {
  assert.deepEqual(
    judgeBounds(makeSampleResults()).map(({ measured, reached }) => [measured, reached]),
    [
      ["1.15", true],
      ["0.20", true],
      ["1.30", false],
      ["1.50", true],
      ["10 KB", true],
      ["1.21", false],
      ["33 MB", false],
    ],
  );
});

test("what was left out is not measured, and neither reached nor missed", () => {
  const nothing = { ...makeSampleResults(), load: new Map(), memory: new Map(), routing: undefined };
  for (const verdict of judgeBounds(nothing)) {
    assert.equal(verdict.measured, undefined);
    assert.equal(verdict.reached, undefined);
  }
});
