import { z } from "zod";
import { fileField } from "../../lib/file-field.ts";
import { fieldName, fieldValue } from "../../http/field-schema.ts";
import { size } from "../../lib/schema.ts";

const required = z
  .boolean()
  .default(true)
  .describe("Whether it has to be there; otherwise only its value is checked.");
const pattern = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .describe("A regular expression of RE2 for the whole value, without look-around and back-references.");

const headerRule = z.union([
  z.literal(true).transform(() => ({ required: true, values: undefined, pattern: undefined })),
  z.strictObject({
    required,
    values: z.array(fieldValue).min(1).max(1000).optional().describe("The values that are allowed."),
    pattern,
  }),
]);

const queryRule = z.union([
  z
    .literal(true)
    .transform(() => ({ required: true, repeatable: false, values: undefined, pattern: undefined })),
  z.strictObject({
    required,
    repeatable: z
      .boolean()
      .default(false)
      .describe("Whether it may occur more than once; each value is checked."),
    values: z
      .array(z.string().max(8192))
      .min(1)
      .max(1000)
      .optional()
      .describe("The values that are allowed, decoded."),
    pattern,
  }),
]);

const mediaRange = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9!#$&^_.+-]+\/(?:\*|[A-Za-z0-9!#$&^_.+-]+)$/,
    'expected a media type without parameters, such as "application/json" or "image/*"',
  )
  .transform((text) => text.toLowerCase());

const bodyRule = z
  .strictObject({
    schema: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("The JSON Schema of the body: 2020-12, or draft-07 where $schema says so."),
    schemaFile: fileField(z.string().min(1).max(4096))
      .optional()
      .describe(
        "A file with the JSON Schema instead; read when the config is loaded, relative to the working directory.",
      ),
    required: z.boolean().default(true).describe("Whether a request without a body is refused."),
    maxSize: size({ max: 64 * 1024 * 1024 })
      .prefault("256kb")
      .describe(
        "The largest body that is read and checked; it is held in memory meanwhile. limits.body counts as well.",
      ),
  })
  .superRefine((rule, context) => {
    if ((rule.schema === undefined) !== (rule.schemaFile === undefined)) return;
    context.addIssue({
      code: "custom",
      message:
        rule.schema === undefined
          ? "a body is checked against a schema, and there is none"
          : "there are two schemas for the same body",
      params: { hint: "give schema or schemaFile" },
    });
  });

export const validateConfig = z
  .strictObject({
    headers: z
      .record(fieldName, headerRule)
      .optional()
      .describe("Header fields that requests must have: by name, true for any value, or a rule."),
    query: z
      .record(z.string().min(1).max(200), queryRule)
      .optional()
      .describe("Query parameters that requests must have: by name, true for any value, or a rule."),
    otherQuery: z
      .enum(["allow", "deny"])
      .default("allow")
      .describe("What happens to a request with a query parameter that `query` does not name."),
    contentTypes: z
      .array(mediaRange)
      .min(1)
      .optional()
      .describe(
        "Media types that a body may have, such as application/json or image/*; with `body`, application/json by default.",
      ),
    body: bodyRule.optional().describe("What the JSON in a request's body must be."),
  })
  .superRefine((config, context) => {
    // A policy that checks nothing would look like one that protects.
    const { headers, query, otherQuery, contentTypes, body } = config;
    const asks = [headers, query, contentTypes, body].some((rule) => rule !== undefined);
    if (asks || otherQuery === "deny") return;
    context.addIssue({
      code: "custom",
      message: "nothing is asked of requests, so nothing would be checked",
      params: { hint: "add headers, query, contentTypes or body" },
    });
  });

export type BodyRuleConfig = z.output<typeof bodyRule>;
export type ValueRuleConfig = z.output<typeof headerRule>;
export type QueryRuleConfig = z.output<typeof queryRule>;
