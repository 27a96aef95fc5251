import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ipConfig } from "../policies/ip/schema.ts";
import { validateConfig } from "../policies/validate/schema.ts";
import { fileField, fileFieldsOf, filesIn } from "./file-field.ts";

const named = fileField(z.string());
const schemas: readonly (readonly [
  what: string,
  schema: z.ZodType,
  fields: readonly (readonly string[])[],
])[] = [
  ["none", z.strictObject({ file: z.string() }), []],
  ["ones with words of their own", z.strictObject({ a: named.describe("A.").min(1) }), [["a"]]],
  ["optional ones, with words of their own", z.strictObject({ a: named.optional().describe("A.") }), [["a"]]],
  ["ones with a default", z.strictObject({ a: named.prefault("a"), b: named.default("b") }), [["a"], ["b"]]],
  [
    "ones further inside",
    z.strictObject({ a: z.strictObject({ b: named }).prefault({ b: "b" }) }),
    [["a", "b"]],
  ],
  ["ones of one form of several", z.union([z.strictObject({ a: named }), z.string()]), [["a"]]],
  [
    "ones behind a check",
    z
      .strictObject({ a: named })
      .superRefine(() => {})
      .transform(({ a }) => ({ a })),
    [["a"]],
  ],
  ["those of ip", ipConfig, [["allowFile"], ["denyFile"]]],
  ["those of validate", validateConfig, [["body", "schemaFile"]]],
];
for (const [what, schema, fields] of schemas) {
  test(`fields that name files: ${what}`, () => {
    assert.deepEqual(fileFieldsOf(schema), fields);
  });
}

const part = z.strictObject({
  a: named.describe("A file.").optional(),
  get below(): z.ZodType {
    return z.union([z.array(part), z.record(z.string(), part.nullable())]).optional();
  },
});
const values: readonly (readonly [what: string, value: unknown, files: readonly string[]])[] = [
  ["none", {}, []],
  ["one", { a: "f" }, ["f"]],
  ["those in lists", { below: [{ a: "f" }, { below: [{ a: "g" }] }] }, ["f", "g"]],
  ["those by names", { a: "f", below: { any: { a: "g" }, other: {} } }, ["f", "g"]],
  ["fields that are unknown, and values of another form", { b: "f", toString: "g", a: 1, below: "h" }, []],
];
for (const [what, value, files] of values) {
  test(`files that a value names: ${what}`, () => {
    assert.deepEqual(filesIn(part, value), files);
  });
}
