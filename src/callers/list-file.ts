import { extname } from "node:path";
import type { Document } from "yaml";
import { z } from "zod";
import { fileField } from "../lib/file-field.ts";
import { checkShape, type ShapeIssue } from "../lib/check-shape.ts";
import { findJsonProblem } from "../lib/json-problem.ts";
import { redact } from "../lib/redact.ts";
import { requirePackage } from "../lib/require-package.ts";
import { isJsonObject, parseStrictJson } from "../lib/strict-json.ts";
import { positionAt } from "../lib/text-position.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/**
 * Bounds on how long no request is served while a file is read anew. Measured (Node.js 26.10, a busy machine): 10 000 API keys are
 * 2.3 MB of JSON and take 0.2 to 0.4 s, of which most is the schema; 1000 keys are 160 KB of YAML and take about as long, nearly all
 * in its parser.
 */
export const MAX_FILE_BYTES = 4 * 1024 ** 2;
const MAX_YAML_BYTES = 256 * 1024;

const FILE_TYPES: readonly string[] = [".json", ".yaml", ".yml"];

/** The name of a file with a list, in a config. */
export const listFileName = fileField(
  z.string().refine((name) => FILE_TYPES.includes(extname(name)) && !name.includes("\0"), {
    error: `expected the name of a file that ends in ${FILE_TYPES.join(", ")}`,
  }),
);

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Why a file cannot be used. Names the place in the file, and repeats nothing that stands there but names. */
export class ListFileError extends Error {}

/**
 * Reads a file that holds a list, in JSON or YAML, and hands over its entries in order. What `take` finds wrong with one
 * (`ConfigMistake`) is told with its place in the file, as all else is: throws a `ListFileError`.
 */
export function readListFile<E>(
  path: string,
  bytes: Uint8Array,
  schema: z.ZodType<E>,
  take: (entry: E) => void,
): void {
  // Whatever the type: to tell where in JSON a mistake is, this parser is asked too, when requests may be waiting.
  loadYaml();
  try {
    const text = decode(bytes);
    const list = extname(path) === ".json" ? readJson(text) : readYaml(text);
    if (!Array.isArray(list)) throw new ListFileError("1:1: expected a list");
    for (const [i, given] of (list as unknown[]).entries())
      takeEntry(readEntry(given, i, text, schema), i, text, take);
  } catch (error) {
    throw error instanceof ListFileError ? new ListFileError(`${path}:${error.message}`) : error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ListFileError("1:1: the file is not UTF-8");
  }
}

function readEntry<E>(given: unknown, index: number, text: string, schema: z.ZodType<E>): E {
  // Schemas leave this name out without a word.
  if (isJsonObject(given) && isJsonObject(given["claims"]) && Object.hasOwn(given["claims"], "__proto__"))
    throw misplaced(text, index, { path: ["claims"], message: "the name __proto__ is not allowed" });
  const checked = checkShape(schema, given);
  if ("data" in checked) return checked.data;
  throw misplaced(text, index, checked.issues[0]!);
}

function takeEntry<E>(entry: E, index: number, text: string, take: (entry: E) => void): void {
  try {
    take(entry);
  } catch (error) {
    throw error instanceof ConfigMistake ? misplaced(text, index, error) : error;
  }
}

function readJson(text: string): unknown {
  const value = parseStrictJson(text);
  if (value !== undefined) return value;
  const problem = findJsonProblem(text);
  if (problem !== undefined)
    throw new ListFileError(`${lineAndColumn(text, problem.offset)}: ${problem.message}`);
  throw new ListFileError(
    `${placeOfDuplicate(text)}: a name is there twice in one object, or this is nested too deeply`,
  );
}

function readYaml(text: string): unknown {
  if (text.length > MAX_YAML_BYTES)
    throw new ListFileError(
      `1:1: YAML of more than ${MAX_YAML_BYTES} bytes takes too long to read; use JSON`,
    );
  const document = parse(text);
  const problem = [...document.errors, ...document.warnings][0];
  // The parser's own words may repeat what stands there.
  if (problem !== undefined) {
    const words =
      problem.code === "DUPLICATE_KEY"
        ? "a name is there twice in one object"
        : `this is no YAML (${problem.code})`;
    throw new ListFileError(`${lineAndColumn(text, problem.pos[0])}: ${words}`);
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new ListFileError("1:1: aliases are not taken here");
  }
}

function misplaced(text: string, index: number, { path, message, hint }: ShapeIssue): ListFileError {
  const more = hint === undefined ? "" : ` (${hint})`;
  return new ListFileError(`${placeOf(text, [index, ...path])}: ${message}${more}`);
}

/** Line and column, and what stands there; of a file that takes long to look through, only the latter. */
function placeOf(text: string, path: readonly PropertyKey[]): string {
  const written = path.map((part, i) =>
    typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${String(part)}`,
  );
  const name = redact(written.join(""));
  if (text.length > MAX_YAML_BYTES) return ` ${name}`;
  const document = parse(text);
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (loadYaml().isNode(node) && node.range) return `${lineAndColumn(text, node.range[0])}: ${name}`;
  }
  return ` ${name}`;
}

function placeOfDuplicate(text: string): string {
  if (text.length > MAX_YAML_BYTES) return " somewhere";
  return lineAndColumn(text, parse(text).errors[0]?.pos[0] ?? 0);
}

function parse(text: string): Document {
  return loadYaml().parseDocument(text, { prettyErrors: false });
}

function loadYaml(): typeof import("yaml") {
  return requirePackage("yaml") as typeof import("yaml");
}

function lineAndColumn(text: string, offset: number): string {
  const { line, column } = positionAt(text, offset);
  return `${line}:${column}`;
}
