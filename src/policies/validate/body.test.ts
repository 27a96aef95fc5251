import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check } from "./testing.ts";

const order = {
  type: "object",
  properties: {
    id: { type: "string", format: "uuid" },
    items: {
      type: "array",
      maxItems: 100,
      uniqueItems: true,
      items: {
        type: "object",
        properties: {
          sku: { type: "string", pattern: "^[A-Z]{2}-[0-9]+$" },
          count: { type: "integer", minimum: 1 },
        },
        required: ["sku"],
        additionalProperties: false,
      },
    },
    note: { type: ["string", "null"], maxLength: 20 },
    kind: { enum: ["new", { again: true }] },
    constructor_: { const: { a: [1, 2] } },
  },
  required: ["items"],
  additionalProperties: false,
};

const MANY = `{"toString":1,${Array.from({ length: 249 }, (_, i) => `"a${i + 1}":1`).join()}}`;

describe("validate: bodies against a schema", () => {
  const cases: readonly [body: string, expected: string | undefined][] = [
    ['{"items":[]}', undefined],
    [' {"items" : [{"sku":"AB-1","count":2}], "note":null}\n', undefined],
    ['{"items":[],"kind":{"again":true},"constructor_":{"a":[1,2]}}', undefined],
    ['{"items":[],"id":"0189f7a0-0000-7000-8000-000000000000"}', undefined],
    ["{}", "422 validate.body:  must have required property 'items'"],
    ["[]", "422 validate.body:  must be object"],
    ["null", "422 validate.body:  must be object"],
    ['"text"', "422 validate.body:  must be object"],
    ['{"items":{}}', "422 validate.body: /items must be array"],
    ['{"items":[],"x~/y":1}', "422 validate.body:  must NOT have additional properties"],
    [
      '{"items":[{"sku":"ab-1"},{"count":0}]}',
      "422 validate.body: /items/0/sku must match pattern \"^[A-Z]{2}-[0-9]+$\": /items/1 must have required property 'sku': /items/1/count must be >= 1",
    ],
    [
      '{"items":[{"sku":"AB-1","count":1},{"count":1,"sku":"AB-1"}]}',
      "422 validate.body: /items must not have the same item twice",
    ],
    ['{"items":[],"note":7}', "422 validate.body: /note must be string,null"],
    ['{"items":[],"id":"secret"}', '422 validate.body: /id must match format "uuid"'],
    [
      '{"items":[],"kind":{"again":1}}',
      "422 validate.body: /kind must be equal to one of the allowed values",
    ],
    ['{"items":[],"constructor_":{"a":[2,1]}}', "422 validate.body: /constructor_ must be equal to constant"],
    // What a value is asked for when values are compared is not the client's to say.
    [
      '{"items":[],"kind":{"valueOf":1,"toString":1}}',
      "422 validate.body: /kind must be equal to one of the allowed values",
    ],
    [
      '{"items":[],"constructor_":{"hasOwnProperty":1}}',
      "422 validate.body: /constructor_ must be equal to constant",
    ],
    ['{"items":[{"sku":"AB-1","count":1e400}]}', "422 validate.body: /items/0/count must be integer"],
  ];
  for (const [body, expected] of cases) {
    it(body, async () => assert.equal(await check(order, body), expected));
  }

  it("a number beyond all bounds is not null", async () => {
    assert.equal(await check({ enum: [null] }, "null"), undefined);
    assert.match((await check({ enum: [null] }, "1e400"))!, /allowed values/);
  });

  const inherited: readonly [schema: Record<string, unknown>, right: string, wrong: string][] = [
    [{ required: ["toString", "valueOf"] }, '{"toString":1,"valueOf":2}', '{"toString":1}'],
    [{ required: Array.from({ length: 250 }, (_, i) => (i === 0 ? "toString" : `a${i}`)) }, MANY, "{}"],
    [{ properties: { toString: { type: "string" } }, additionalProperties: false }, "{}", '{"toString":1}'],
    [{ dependentRequired: { toString: ["x"] } }, "{}", '{"toString":1}'],
    [{ dependentRequired: { x: ["toString"] } }, '{"x":1,"toString":1}', '{"x":1}'],
    [{ dependentSchemas: { valueOf: { type: "object", required: ["y"] } } }, "{}", '{"valueOf":1}'],
    [{ minProperties: 1 }, '{"toString":1}', "{}"],
    [{ unevaluatedProperties: false }, "{}", '{"toString":1}'],
    [{ not: { type: "object", required: ["toString"] } }, "{}", '{"toString":1}'],
  ];
  for (const [schema, right, wrong] of inherited) {
    it(`what a prototype has is not there: ${JSON.stringify(schema).slice(0, 80)}`, async () => {
      assert.equal(await check({ type: "object", ...schema }, right), undefined);
      assert.match((await check({ type: "object", ...schema }, wrong))!, /^422 validate.body: /);
    });
  }

  it("an int64 has 64 bits", async () => {
    const schema = { type: "integer", format: "int64" };
    for (const body of ["0", "-9223372036854775808", "9223372036854775807"])
      assert.equal(await check(schema, body), undefined);
    for (const body of ["9223372036854780000", "-1e19", "1e300", "0.5"])
      assert.match((await check(schema, body))!, /^422 validate.body: /);
  });

  it("draft-07 is another dialect", async () => {
    const list = { type: "array", items: [{ type: "number" }] };
    const draft = { $schema: "http://json-schema.org/draft-07/schema#", ...list };
    assert.equal(await check(draft, '[1,"a"]'), undefined);
    assert.equal(await check(draft, '["a"]'), "422 validate.body: /0 must be number");
    const latest = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "array",
      prefixItems: list.items,
    };
    assert.equal(await check(latest, '["a"]'), "422 validate.body: /0 must be number");
  });

  it("a list of problems has an end, and so has a pointer", async () => {
    const text = (await check({ type: "array", items: { type: "string" } }, `[${"1,".repeat(1000)}1]`))!;
    assert.equal(text.split("must be string").length - 1, 20);
    const long = (await check(
      { type: "object", additionalProperties: { type: "object", additionalProperties: { type: "string" } } },
      `{"a":{"${"b".repeat(300)}":1}}`,
    ))!;
    assert.equal(long, "422 validate.body: /a must be string");
    const root = await check(
      { type: "object", additionalProperties: { type: "string" } },
      `{"${"b".repeat(300)}":1}`,
    );
    assert.equal(root, "422 validate.body:  must be string");
  });

  it("of a large body the first problem is told", async () => {
    const text = await check({ type: "array", items: { type: "string" } }, `[${"1,".repeat(10_000)}1]`);
    assert.equal(text, "422 validate.body: /0 must be string");
  });
});
