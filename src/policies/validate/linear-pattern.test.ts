import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "./linear-pattern.ts";

const TOO_MANY = /too many states/;

/** Patterns that people write, as part of a text and as the whole of it; and those that no text may be held against. */
const cases: readonly [pattern: string, part: RegExp | undefined, whole: RegExp | undefined][] = [
  ["^[A-Z]{2}-[0-9]+$", undefined, undefined],
  ["[0-9]{3}-[0-9]{4}", undefined, undefined],
  ["^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", undefined, undefined],
  ["^[^@]+@[^@]+\\.[a-z]{2,}$", undefined, undefined],
  ["[^@]+@[^@]+\\.[a-z]{2,}", undefined, undefined],
  ["^[\\w.+-]{1,64}@[\\w-]{1,63}(\\.[\\w-]{1,63}){1,8}$", undefined, undefined],
  ["^(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}$", undefined, undefined],
  ["(?i)^[a-zäöüß -]{1,100}$", undefined, undefined],
  ["^\\p{L}[\\p{L} '-]{0,80}$", undefined, undefined],
  ["^[a-z]{1,1000}$", undefined, undefined],
  ["^(a+)+$", undefined, undefined],
  ["(.*)(.*)(.*)x", undefined, undefined],
  ["\\bword\\b", undefined, undefined],
  // As a part it may begin anywhere, and each place that it has begun at is counted on its own.
  [".{1,500}x", TOO_MANY, undefined],
  ["error.{0,50}timeout", TOO_MANY, undefined],
  ["[ab]*a[ab]{20}c", TOO_MANY, TOO_MANY],
  ["^([ab]*a[ab]{900})+$", TOO_MANY, TOO_MANY],
];
for (const [pattern, part, whole] of cases) {
  for (const [match, problem] of [
    ["part", part],
    ["whole", whole],
  ] as const) {
    test(`${pattern} as ${match} is ${problem === undefined ? "taken" : "refused"}`, () => {
      const compiled = compilePattern(pattern, match);
      assert.equal("problem" in compiled, problem !== undefined);
      if ("problem" in compiled) assert.match(compiled.problem, problem!);
    });
  }
}

test("finds what it did before its automaton was made whole", () => {
  const cases: readonly [pattern: string, match: "part" | "whole", text: string, found: boolean][] = [
    ["a|b+c", "part", "xbbbcx", true],
    ["a|b+c", "part", "xbbbx", false],
    ["a|b+c", "whole", "bbbc", true],
    ["a|b+c", "whole", "bbbca", false],
    ["^(a|ab)(c|bcd)$", "part", "abcd", true],
    ["^(a|ab)(c|bcd)$", "part", "abcdx", false],
    ["\\bx\\b|y", "part", "ax xa x", true],
    ["\\bx\\b|z", "part", "ax xa", false],
    ["(?:ä|ö)+[0-9]?", "whole", "äöä7", true],
    ["(?:ä|ö)+[0-9]?", "whole", "äöä77", false],
  ];
  for (const [pattern, match, text, found] of cases) {
    const compiled = compilePattern(pattern, match);
    assert.ok("test" in compiled, pattern);
    assert.equal(compiled.test(text), found, `${pattern} in ${text}`);
  }
});
