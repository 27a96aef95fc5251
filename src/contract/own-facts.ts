import { z } from "zod";
import { isWrittenAnew } from "../core/provenance.ts";
import { FIELD_NAME } from "../http/field-schema.ts";
import { isEndToEnd } from "../http/header-names.ts";
import { checkShape } from "../lib/check-shape.ts";
import { formatPath } from "../lib/config-path.ts";

const path = z.array(z.union([z.string(), z.number()]));

// By another spelling, what clients send in it would not be deleted.
const header = z
  .string()
  .refine(
    (name) => FIELD_NAME.test(name) && name === name.toLowerCase(),
    "expected the name of a header field in lower case",
  );

const identityHeader = header.refine(
  (name) => isEndToEnd(name) && !isWrittenAnew(name),
  "the gateway writes this field itself",
);

const ownFacts = z.strictObject({
  identityHeaders: z.array(identityHeader).optional(),
  clientHeaders: z.array(z.strictObject({ header, path })).optional(),
  needs: z
    .array(
      z.strictObject({
        caller: z.boolean(),
        tenant: z.boolean().optional(),
        outer: z.boolean().optional(),
        params: z.array(z.string()),
        path: path.optional(),
      }),
    )
    .optional(),
  claims: z.array(z.looseObject({})).optional(),
  inheritance: z.enum(["replaces", "adds"]).optional(),
});

/** Says what is wrong with the facts that a user's policy tells; undefined where nothing is. */
export function describeWrongFacts(facts: unknown): string | undefined {
  const shape = checkShape(ownFacts, facts);
  if ("data" in shape) return undefined;
  return shape.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${formatPath(path)}: ${message}`))
    .join("; ");
}
