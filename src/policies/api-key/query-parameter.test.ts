import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterValues, withoutParameter } from "./query-parameter.ts";

const cases: readonly (readonly [query: string, values: readonly string[], rest: string])[] = [
  ["", [], ""],
  ["?", [], "?"],
  ["?key=1", ["1"], ""],
  ["?key", [""], ""],
  ["?key=", [""], ""],
  ["?key==", ["="], ""],
  ["?a=1&key=2&b=3", ["2"], "?a=1&b=3"],
  ["?a=1&&key=2&", ["2"], "?a=1&&"],
  ["?key=1&key=2", ["1", "2"], ""],
  ["?key=1&%6bey=2&k%65%79=3", ["1", "2", "3"], ""],
  ["?a=key&Key=1&keys=2&=key&key[]=3", [], "?a=key&Key=1&keys=2&=key&key[]=3"],
  ["?%zz=1&key=2&%ff", ["2"], "?%zz=1&%ff"],
  ["?a=%20+&key=%31", ["%31"], "?a=%20+"],
  ["?a=1;key=2", [], "?a=1;key=2"],
  ["?a=1?key=2", [], "?a=1?key=2"],
  ["?__proto__=1&constructor", [], "?__proto__=1&constructor"],
];
for (const [query, values, rest] of cases) {
  test(`of ${JSON.stringify(query)}`, () => {
    assert.deepEqual(parameterValues(query, "key"), values);
    assert.equal(withoutParameter(query, "key"), rest);
  });
}

test("what a service reads of what is left has no such parameter", () => {
  for (const [query, values] of cases) {
    assert.deepEqual(new URLSearchParams(query).getAll("key").length, values.length, query);
    assert.ok(!new URLSearchParams(withoutParameter(query, "key")).has("key"), query);
  }
});
