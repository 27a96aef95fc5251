import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ipConfig } from "../policies/ip/schema.ts";
import { validateConfig } from "../policies/validate/schema.ts";
import { fileField, fileFieldsOf } from "./file-field.ts";

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
