/** The schemas that a JSON Schema consists of, with their places in it. */

export type Place = readonly (string | number)[];

/** Keywords that hold values, and no schemas. */
const VALUES: ReadonlySet<string> = new Set(["const", "enum", "default", "examples"]);
/** Keywords that hold schemas by names, which are no keywords, whatever they are. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "dependencies",
  "$defs",
  "definitions",
]);

interface PlacedSchema {
  readonly schema: Record<string, unknown>;
  readonly place: Place;
}

/** A schema and all that are in it, each before those in it. */
export function* schemasIn(node: unknown, place: Place = [], byName = false): Generator<PlacedSchema> {
  if (typeof node !== "object" || node === null) return;
  const isList = Array.isArray(node);
  if (!isList && !byName) yield { schema: node as Record<string, unknown>, place };
  for (const [key, value] of Object.entries(node)) {
    if (!byName && VALUES.has(key)) continue;
    const at = [...place, isList ? Number(key) : key];
    yield* schemasIn(value, at, !byName && !isList && MAPS.has(key));
  }
}
