import { z } from "zod";

/** The fields of configs that name a file which is read. A registry knows them also under words that describe them anew. */
const fileFields = z.registry<{ readonly namesFile: true }>();

/** Marks a field as one that names a file: whoever runs the gateway with no rights but those that it needs must know of it. */
export function fileField<S extends z.ZodType>(schema: S): S {
  fileFields.add(schema, { namesFile: true });
  return schema;
}

/** Where fields that name a file stand below a schema, as the keys that lead there; of one that contains itself, once. */
export function fileFieldsOf(
  schema: z.core.$ZodType,
  around: readonly z.core.$ZodType[] = [],
): readonly (readonly string[])[] {
  if (fileFields.get(schema) !== undefined) return [[]];
  if (around.includes(schema)) return [];
  const below = (part: z.core.$ZodType) => fileFieldsOf(part, [...around, schema]);
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  if (def.type === "object")
    return Object.entries(def.shape).flatMap(([key, field]) => below(field).map((path) => [key, ...path]));
  if (def.type === "union") return def.options.flatMap(below);
  if (def.type === "pipe") return below(def.in);
  return "innerType" in def ? below(def.innerType) : [];
}

/** The files that a value names in such fields, as it is written. */
export function filesIn(schema: z.core.$ZodType, value: unknown): readonly string[] {
  if (fileFields.get(schema) !== undefined) return typeof value === "string" ? [value] : [];
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  if (def.type === "union") return def.options.flatMap((option) => filesIn(option, value));
  if (def.type === "pipe") return filesIn(def.in, value);
  if ("innerType" in def) return filesIn(def.innerType, value);
  if (typeof value !== "object" || value === null || Array.isArray(value) !== (def.type === "array"))
    return [];
  const parts = Object.entries(value);
  if (def.type === "array") return parts.flatMap(([, part]) => filesIn(def.element, part));
  if (def.type === "record") return parts.flatMap(([, part]) => filesIn(def.valueType, part));
  if (def.type !== "object") return [];
  return parts.flatMap(([key, part]) =>
    Object.hasOwn(def.shape, key) ? filesIn(def.shape[key]!, part) : [],
  );
}
