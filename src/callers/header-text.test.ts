import assert from "node:assert/strict";
import { test } from "node:test";
import { headerText } from "./header-text.ts";

const cases: readonly (readonly [value: unknown, text: string | undefined])[] = [
  ["1", "1"],
  ["", ""],
  ["Alice B.", "Alice B."],
  ["a,b", "a,b"],
  [7, "7"],
  [-0, "0"],
  [0.5, "0.5"],
  [true, "true"],
  [false, "false"],
  [["user", "admin"], "user,admin"],
  [[], ""],
  [[1, true], "1,true"],
  // One character a byte of UTF-8.
  ["Zoë", "ZoÃ«"],
  ["ZoÃ«", "ZoÃ\u0083Â«"],
  ["\u0100", "Ä\u0080"],
  ["a\r\nb", undefined],
  ["a\tb", undefined],
  ["a\0", undefined],
  ["a\x7f", undefined],
  ["a\x85b", undefined],
  [" a", undefined],
  ["a ", undefined],
  ["\ud800", undefined],
  [2 ** 53, undefined],
  [Infinity, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
  [["a,b"], undefined],
  [[""], undefined],
  [[["a"]], undefined],
  [[null], undefined],
];

for (const [value, text] of cases) {
  test(`${JSON.stringify(value)} as a header is ${JSON.stringify(text)}`, () =>
    assert.equal(headerText(value), text));
}
