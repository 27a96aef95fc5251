import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { escapeCommands, keepEscapes, quote } from "./log-lines.ts";

// oxlint-disable-next-line no-control-regex -- what must not be there
const acting = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

test("quotes any text as JSON without anything that acts on a terminal", () => {
  const units = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  });
  const texts = fc.oneof(
    units,
    fc.string(),
    fc.constantFrom("\u001b[2J", "\u009b2J", "\r\n", '"\\', "\u202e", "ü"),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const quoted = quote(text);
      assert.doesNotMatch(quoted, acting);
      assert.equal(JSON.parse(quoted), text);
    }),
  );
});

const shown: readonly [text: string, seen: string][] = [
  ["plain", "plain"],
  ["\u001b[31m", "\\u001b[31m"],
  ["\u009b31m\u007f", "\\u009b31m\\u007f"],
  ["a\rb\bc\fd", "a\\rb\\bc\\fd"],
  ['two\nlines\tand\\u001b "quotes"', 'two\nlines\tand\\u001b "quotes"'],
  ["\\\u001b\\\\", "\\\\u001b\\\\"],
];

for (const [text, seen] of shown) {
  test(`shows ${JSON.stringify(text)} as ${JSON.stringify(seen)}`, () => {
    assert.equal(JSON.parse(keepEscapes(escapeCommands(JSON.stringify(text)))), seen);
  });
}
