import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrictJson } from "./strict-json.ts";

const refused = [
  ["nothing", ""],
  ["no JSON", "{a:1}"],
  ["a byte order mark", "\ufeff{}"],
  ["two values", "{} {}"],
  ["a member twice", '{"a":1,"a":1}'],
  ["a member twice, once escaped", '{"a":1,"\\u0061":2}'],
  ["a nested member twice", '{"b":[{"a":1,"c":":","a":2}]}'],
  ["__proto__ twice", '{"__proto__":1,"__proto__":2}'],
  ["nesting beyond the bound", "[".repeat(33) + "]".repeat(33)],
  ["nesting that would exhaust a stack", "[".repeat(100_000) + "]".repeat(100_000)],
] as const;

for (const [what, text] of refused) {
  test(`refuses ${what}`, () => assert.equal(parseStrictJson(text), undefined));
}

const accepted = [
  "null",
  '"a:b"',
  '{"a":":","b\\"":"\\\\","c:":{"a":[{"a":1},{"a":1}]}}',
  '{"a":1,"A":2}',
  "[".repeat(32) + "]".repeat(32),
];

for (const text of accepted) {
  test(`reads ${text}`, () =>
    assert.deepEqual(JSON.stringify(parseStrictJson(text)), JSON.stringify(JSON.parse(text))));
}

test("objects have no prototype and cannot be changed", () => {
  const value = parseStrictJson('{"__proto__":{"admin":true},"list":[{}]}') as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ["__proto__", "list"]);
  assert.equal(value["admin"], undefined);
  assert.equal(({} as Record<string, unknown>)["admin"], undefined);
  assert.ok(Object.isFrozen(value) && Object.isFrozen(value["list"]));
});
