import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderList } from "./headers.ts";
import { mergeVary } from "./vary.ts";

const cases: [present: string[], merged: string[]][] = [
  [[], ["origin"]],
  [["accept-encoding"], ["accept-encoding, origin"]],
  [["Accept", "Accept-Language"], ["Accept, Accept-Language, origin"]],
  [["Accept, ORIGIN"], ["Accept, ORIGIN"]],
  [["*"], ["*"]],
  [["x-origin"], ["x-origin, origin"]],
];

for (const [present, merged] of cases) {
  test(`Vary ${JSON.stringify(present)} merged with origin is ${JSON.stringify(merged)}`, () => {
    const headers = new HeaderList(present.flatMap((value) => ["vary", value]));
    mergeVary(headers, "origin");
    assert.deepEqual(headers.getAll("vary"), merged);
    mergeVary(headers, "origin");
    assert.deepEqual(headers.getAll("vary"), merged);
  });
}
