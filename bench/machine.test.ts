import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuList } from "./machine.ts";

for (const [list, expected] of [
  ["0", [0]],
  ["0-1", [0, 1]],
  ["0-2,5", [0, 1, 2, 5]],
  ["3,8-9\n", [3, 8, 9]],
] as const) {
  test(`the CPU list ${JSON.stringify(list)} is ${expected.join(", ")}`, () => {
    assert.deepEqual(parseCpuList(list), expected);
  });
}
