import assert from "node:assert/strict";
import { it } from "node:test";
import { suggest } from "./suggest.ts";

const cases: readonly (readonly [given: string, candidates: readonly string[], hint: string | undefined])[] =
  [
    ["usres", ["orders", "users"], 'did you mean "users"?'],
    ["Users", ["users"], 'did you mean "users"?'],
    ["serviec", ["service"], 'did you mean "service"?'],
    ["tokn", ["token", "tone"], 'did you mean "token"?'],
    ["ab", ["xy"], "there are: xy"],
    ["billing", ["users", "orders"], "there are: users, orders"],
    ["billing", [], undefined],
    ["billing", Array.from({ length: 21 }, (_, index) => `s${index}`), undefined],
    ["a".repeat(100_000), ["a".repeat(100_001)], `there are: ${"a".repeat(100_001)}`],
  ];

for (const [given, candidates, hint] of cases) {
  it(`of ${given.slice(0, 20)} among ${candidates.length}`, () =>
    assert.equal(suggest(given, candidates), hint));
}
