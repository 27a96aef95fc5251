import assert from "node:assert/strict";
import { it } from "node:test";
import { findJsonProblem } from "./json-problem.ts";

/** `^` stands where the problem is; it is not part of the text. */
const cases: readonly (readonly [text: string, message: RegExp])[] = [
  ['{"a":1,^}', /double-quoted property name/],
  ["[1,^]", /unexpected token '\]'/],
  ['{"]": "]", "a": [1,^]}', /unexpected token '\]'/],
  ['{"x": "x", "a": ^x}', /unexpected token 'x'/],
  ["^]", /unexpected token '\]'/],
  ['["\\\\u0041", -1.5e+3, true, ^]', /unexpected token '\]'/],
  ["^// no comments\n{}", /unexpected token '\/'/],
  ['{"a": 1 ^"b": 2}', /expected ',' or '}'/],
  ['{"a": 1', /expected ',' or '}'/],
  ["{^'a': 1}", /property name/],
  ["^", /unexpected end of the file/],
  ['{"a": ^', /unexpected end of the file/],
  ["{}^x", /non-whitespace/],
  ['{"a": "\\^q"}', /escape/],
];

for (const [marked, message] of cases) {
  it(`in ${JSON.stringify(marked)}`, () => {
    const caret = marked.indexOf("^");
    const problem = findJsonProblem(marked.replace("^", ""));
    assert.match(problem?.message ?? "", message);
    assert.equal(problem?.offset, caret === -1 ? marked.length : caret);
  });
}

it("is nothing in JSON", () => assert.equal(findJsonProblem('{"a": [1, null, "x"]}'), undefined));

it("is found in a large text without reading that once for each place where it could be", () => {
  const text = `[${'{"ids":["a"]},\n'.repeat(80_000)}]`;
  const startedAt = performance.now();
  assert.equal(findJsonProblem(text)?.offset, text.length - 1);
  assert.ok(performance.now() - startedAt < 5000);
});
