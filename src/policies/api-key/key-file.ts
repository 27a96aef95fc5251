import { extname } from "node:path";
import { isNode, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { describeClaimType, findMistyped, type ClaimTypes } from "../../core/claim-type.ts";
import { findJsonProblem } from "../../lib/json-problem.ts";
import { isJsonObject, parseStrictJson } from "../../lib/strict-json.ts";
import { positionAt } from "../../lib/text-position.ts";
import { keyEntry, type KeyEntry } from "./schema.ts";

/**
 * Bounds on how long no request is served while a file is read anew. Measured (Node.js 26.10, a busy machine): 10 000 keys are
 * 2.3 MB of JSON and take a quarter of a second, of which most is the schema; 1000 keys are 160 KB of YAML and take as long, nearly
 * all in its parser.
 */
export const MAX_FILE_BYTES = 4 * 1024 ** 2;
const MAX_YAML_BYTES = 256 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Why a key file cannot be used. Names the place in the file, and repeats nothing that stands there but names and ids. */
export class KeyFileError extends Error {}

/**
 * The entries of a key file; `taken` are ids that it must not have, and claims have their types. Throws a `KeyFileError`.
 */
export function readKeyFile(
  path: string,
  bytes: Uint8Array,
  taken: ReadonlyMap<string, unknown>,
  claimTypes: ClaimTypes,
): readonly KeyEntry[] {
  try {
    return readEntries(path, bytes, taken, claimTypes);
  } catch (error) {
    throw error instanceof KeyFileError ? new KeyFileError(`${path}:${error.message}`) : error;
  }
}

function readEntries(
  path: string,
  bytes: Uint8Array,
  taken: ReadonlyMap<string, unknown>,
  claimTypes: ClaimTypes,
): readonly KeyEntry[] {
  const text = decode(bytes);
  const list = extname(path) === ".json" ? readJson(text) : readYaml(text);
  if (!Array.isArray(list)) throw new KeyFileError("1:1: expected a list of keys");
  const entries: KeyEntry[] = [];
  const ids = new Set<string>();
  for (const [i, given] of (list as unknown[]).entries()) {
    const entry = readEntry(given, i, text);
    if (taken.has(entry.id) || ids.has(entry.id))
      throw misplaced(text, [i, "id"], `the key ${entry.id} is listed twice`);
    const mistyped = findMistyped(entry.claims, claimTypes);
    if (mistyped !== undefined)
      throw misplaced(
        text,
        [i, "claims", mistyped],
        `the claim is not ${describeClaimType(claimTypes[mistyped]!)}`,
      );
    ids.add(entry.id);
    entries.push(entry);
  }
  return entries;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new KeyFileError("1:1: the file is not UTF-8");
  }
}

function readEntry(given: unknown, index: number, text: string): KeyEntry {
  // The schema leaves this name out without a word.
  if (isJsonObject(given) && isJsonObject(given["claims"]) && Object.hasOwn(given["claims"], "__proto__"))
    throw misplaced(text, [index, "claims"], "the name __proto__ is not allowed");
  const { data, error } = keyEntry.safeParse(given);
  if (data !== undefined) return data;
  const issue = error.issues[0]!;
  throw misplaced(text, [index, ...issue.path], wordsOf(issue));
}

function wordsOf({ message }: z.core.$ZodIssue): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function readJson(text: string): unknown {
  const value = parseStrictJson(text);
  if (value !== undefined) return value;
  const problem = findJsonProblem(text);
  if (problem !== undefined)
    throw new KeyFileError(`${lineAndColumn(text, problem.offset)}: ${problem.message}`);
  throw new KeyFileError(
    `${placeOfDuplicate(text)}: a name is there twice in one object, or this is nested too deeply`,
  );
}

function readYaml(text: string): unknown {
  if (text.length > MAX_YAML_BYTES)
    throw new KeyFileError(`1:1: YAML of more than ${MAX_YAML_BYTES} bytes takes too long to read; use JSON`);
  const document = parse(text);
  const problem = [...document.errors, ...document.warnings][0];
  // The parser's own words may repeat what stands there.
  if (problem !== undefined) {
    const words =
      problem.code === "DUPLICATE_KEY"
        ? "a name is there twice in one object"
        : `this is no YAML (${problem.code})`;
    throw new KeyFileError(`${lineAndColumn(text, problem.pos[0])}: ${words}`);
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new KeyFileError("1:1: aliases are not taken here");
  }
}

function misplaced(text: string, path: readonly PropertyKey[], message: string): KeyFileError {
  return new KeyFileError(`${placeOf(text, path)}: ${message}`);
}

/** Line and column, and what stands there; of a file that takes long to look through, only the latter. */
function placeOf(text: string, path: readonly PropertyKey[]): string {
  const written = path.map((part, i) =>
    typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${String(part)}`,
  );
  const name = written.join("");
  if (text.length > MAX_YAML_BYTES) return ` ${name}`;
  const document = parse(text);
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return `${lineAndColumn(text, node.range[0])}: ${name}`;
  }
  return ` ${name}`;
}

function placeOfDuplicate(text: string): string {
  if (text.length > MAX_YAML_BYTES) return " somewhere";
  return lineAndColumn(text, parse(text).errors[0]?.pos[0] ?? 0);
}

function parse(text: string): Document {
  return parseDocument(text, { prettyErrors: false });
}

function lineAndColumn(text: string, offset: number): string {
  const { line, column } = positionAt(text, offset);
  return `${line}:${column}`;
}
