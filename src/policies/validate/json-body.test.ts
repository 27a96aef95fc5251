import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check } from "./testing.ts";

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("validate: bodies with more than one reading", () => {
  const malformed: readonly (string | Uint8Array)[] = [
    "{",
    "nul",
    "{'a':1}",
    "[1,]",
    "1 2",
    "\uFEFF{}",
    "NaN",
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"b":1}}',
    '{"__proto__":{}}',
    '{"\\u005f_proto__":1}',
    '[{"a":[{"__proto__":null}]}]',
    '{"constructor":{"prototype":{"a":1}}}',
    deep(33),
    deep(400_000),
    '{"a":'.repeat(100_000),
    Buffer.from('{"a":"\xe4"}', "latin1"),
    Buffer.from('{"a":1}', "utf16le"),
    Uint8Array.of(0),
  ];
  for (const body of malformed) {
    it(Buffer.from(body).toString("latin1").slice(0, 40), async () => {
      assert.equal(await check({}, body), "400 validate.body_malformed");
    });
  }

  it("near to them, and right", async () => {
    for (const body of [
      deep(32),
      '{"constructor":{"a":1}}',
      '{"constructor":"prototype"}',
      '["__proto__",":"]',
      "0",
    ])
      assert.equal(await check({}, body), undefined, body);
  });
});
