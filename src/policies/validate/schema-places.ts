import { FORMATS } from "./formats.ts";
import { compilePattern } from "./linear-pattern.ts";
import { schemasIn, type Place } from "./schemas-in.ts";

/** A mistake that the compiler would not place. */
interface SchemaMistake {
  readonly place: Place;
  readonly message: string;
  readonly hint: string | undefined;
}

/** The first pattern of a schema that cannot be used. */
export function findBadPattern(root: unknown): SchemaMistake | undefined {
  for (const { schema, place } of schemasIn(root)) {
    const { pattern, patternProperties } = schema;
    const ofValue = typeof pattern === "string" ? [pattern] : [];
    for (const [text, at] of [
      ...ofValue.map((text) => [text, ["pattern"]] as const),
      ...Object.keys(patternProperties ?? {}).map((text) => [text, ["patternProperties", text]] as const),
    ]) {
      const compiled = compilePattern(text, "part");
      if ("problem" in compiled)
        return { place: [...place, ...at], message: compiled.problem, hint: compiled.hint };
    }
  }
  return undefined;
}

/** The keys of a JSON pointer. */
export function pathOfPointer(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^(?:0|[1-9][0-9]*)$/.test(part) ? Number(part) : part));
}

/** What the compiler has thrown for a schema, with its place: by its own word, or where the keyword that it names is first. */
export function placeFailure(schema: unknown, error: Error): SchemaMistake {
  const message = error.message
    .replace(/^strict mode: /, "")
    .replace(/ \(strict\w+\)$/, "")
    .replace(/(?: ignored in schema)? at (?:path )?"#[^"]*"$/, "");
  const said = / at (?:path )?"#([^"]*)"/.exec(error.message)?.[1];
  const keyword = /^unknown keyword: "([^"]*)"/.exec(message)?.[1];
  const place = said === undefined ? findKeyword(schema, keyword) : pathOfPointer(decodeURIComponent(said));
  return { place, message, hint: hintOf(message, error) };
}

function findKeyword(root: unknown, keyword: string | undefined): Place {
  if (keyword === undefined) return [];
  for (const { schema, place } of schemasIn(root)) {
    if (Object.hasOwn(schema, keyword)) return [...place, keyword];
  }
  return [];
}

function hintOf(message: string, error: Error): string | undefined {
  if ("missingRef" in error) return "schemas are not fetched: put it under $defs, and refer to it there";
  if (message.startsWith("unknown format")) return `formats that are checked: ${FORMATS.join(", ")}`;
  if (message.startsWith("missing type")) return "without a type, values of every other type would pass";
  return undefined;
}
