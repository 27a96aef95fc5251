import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check } from "./testing.ts";

const TOO_MANY = /^422 validate.body: {2}takes too many steps to check$/;

describe("validate: hostile bodies cost little", () => {
  const kinds = ["and", "or", "not"].map((kind) => ({
    type: "object",
    properties: { left: { $ref: "#" }, kind: { const: kind } },
  }));
  const nested = `${'{"kind":"x","left":'.repeat(31)}{}${"}".repeat(31)}`;
  const numbers = Array.from({ length: 80_000 }, (_, i) => i);
  const objects = numbers.map((i) => `{"a":${i}}`);
  const cases: readonly [title: string, schema: Record<string, unknown>, body: string, expected: RegExp][] = [
    ["two ways at each level", { oneOf: kinds }, nested, TOO_MANY],
    [
      "the same when all is listed",
      { anyOf: kinds.map(({ type, properties: { left, kind } }) => ({ type, properties: { kind, left } })) },
      nested,
      /^422 validate.body: \/kind must be equal to constant/,
    ],
    [
      "the same in draft-07",
      { $schema: "http://json-schema.org/draft-07/schema", oneOf: kinds },
      nested,
      TOO_MANY,
    ],
    [
      "a pattern that backtracking never finishes",
      { type: "string", pattern: "^(a+)+$" },
      `"${"a".repeat(500_000)}!"`,
      /must match/,
    ],
    [
      "small objects that are compared",
      { type: "array", uniqueItems: true },
      `[${objects.slice(0, 2000).join()},{"a":0}]`,
      /twice/,
    ],
    ["more of them", { type: "array", uniqueItems: true }, `[${objects.join()},{"a":0}]`, TOO_MANY],
    ["numbers that are compared", { type: "array", uniqueItems: true }, `[${numbers.join()},0]`, /twice/],
    [
      "lists in lists that are compared again at each level",
      [1, 2, 3, 4, 5, 6, 7, 8].reduce<Record<string, unknown>>(
        (items) => ({ type: "array", uniqueItems: true, items }),
        { type: "number" },
      ),
      `[${numbers
        .slice(0, 20_000)
        .map((i) => `[[[[[[[${i}]]]]]]]`)
        .join()}]`,
      TOO_MANY,
    ],
    [
      "a constant that each item is not",
      { type: "array", contains: { const: 1 } },
      `[${"0,".repeat(200_000)}0]`,
      TOO_MANY,
    ],
    [
      "short texts against a pattern",
      { type: "array", items: { type: "string", pattern: "^[a-z]*$" } },
      `[${'"a",'.repeat(100_000)}"a"]`,
      TOO_MANY,
    ],
    [
      "short texts against a format",
      {
        type: "array",
        items: {
          anyOf: [
            { type: "string", format: "ipv4" },
            { type: "string", format: "ipv6" },
          ],
        },
      },
      `[${'"::",'.repeat(100_000)}"::"]`,
      TOO_MANY,
    ],
    [
      "many members",
      { type: "object", maxProperties: 10 },
      `{${numbers.map((i) => `"${i}":0`).join()}}`,
      /more than 10 prop/,
    ],
    [
      "a number of a million digits",
      { type: "number", maximum: 10 },
      "9".repeat(1_000_000),
      /must be number/,
    ],
    ["an exponent of a million digits", { type: "number" }, `1e${"9".repeat(1_000_000)}`, /must be number/],
    [
      "a string of a million characters",
      { type: "string", maxLength: 10 },
      `"${"\\n".repeat(500_000)}"`,
      /more than 10/,
    ],
    [
      "a date of a million blanks",
      { type: "string", format: "date-time" },
      `"${" ".repeat(1_000_000)}"`,
      /format/,
    ],
  ];
  for (const [title, schema, body, expected] of cases) {
    it(title, { timeout: 20_000 }, async () => assert.match((await check(schema, body))!, expected));
  }

  // A million bytes of small values cost tens of nanoseconds each, and no value twice.
  it("honest bodies are checked whole", async () => {
    const item = '{"sku":"AB-1234","count":12,"kind":"new","note":"as before"}';
    const properties = {
      sku: { type: "string", pattern: "^[A-Z]{2}-[0-9]+$" },
      count: { type: "integer", minimum: 1 },
      kind: { enum: ["new", "old"] },
      note: { type: "string", maxLength: 100 },
    };
    const schema = { type: "array", items: { type: "object", properties, required: ["sku"] } };
    assert.equal(await check(schema, `[${`${item},`.repeat(16_000)}${item}]`), undefined);
  });
});
