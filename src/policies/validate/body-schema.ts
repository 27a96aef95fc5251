import type { ErrorObject, ValidateFunction } from "ajv";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { readTextFile, TextFileError } from "../../host/text-file.ts";
import { isJsonObject, parseStrictJson } from "../../lib/strict-json.ts";
import type { BodyRuleConfig } from "./schema.ts";
import { checkSchema, createCompiler, DIALECTS } from "./schema-dialect.ts";
import { findBadPattern, pathOfPointer, placeFailure } from "./schema-places.ts";
import { countSteps, TooManySteps, withinSteps } from "./steps.ts";
import { MOST_PROBLEMS, type Problem } from "./value-rule.ts";

const SCHEMA_FILE_BYTES = 4 * 1024 * 1024;
/** All that is wrong is only listed of bodies up to this: of a large one it could be as long as the body. */
const LISTED_BYTES = 16 * 1024;
/** Longer pointers, which hold names that a client has made up, are cut at a level. */
const POINTER_LENGTH = 200;

type Schema = Readonly<Record<string, unknown>>;
type Place = readonly (string | number)[];

/** A JSON Schema, compiled. */
export class BodySchema {
  /** Stops at the first thing that is wrong. */
  readonly #validate: ValidateFunction;
  readonly #listProblems: ValidateFunction;

  constructor(validate: ValidateFunction, listProblems: ValidateFunction) {
    this.#validate = validate;
    this.#listProblems = listProblems;
  }

  /** What is wrong with a value that was read from that many bytes; undefined when nothing is. */
  check(value: unknown, byteLength: number): Problem[] | undefined {
    let errors = findErrors(this.#validate, value, byteLength);
    if (errors === "none") return undefined;
    if (errors === "too many steps") return [TOO_INTRICATE];
    if (byteLength <= LISTED_BYTES) {
      const all = findErrors(this.#listProblems, value, byteLength);
      if (typeof all !== "string") errors = all;
    }
    return errors.slice(0, MOST_PROBLEMS).map(({ instancePath, message }) => ({
      pointer: cutPointer(instancePath),
      detail: message ?? "is not valid",
    }));
  }
}

const TOO_INTRICATE: Problem = { pointer: "", detail: "takes too many steps to check" };

function findErrors(
  validate: ValidateFunction,
  value: unknown,
  byteLength: number,
): readonly ErrorObject[] | "none" | "too many steps" {
  try {
    return withinSteps(byteLength, () => (validate(value) ? "none" : (validate.errors ?? [])));
  } catch (error) {
    // A range error: the stack, of a schema that refers to itself without going into the value.
    if (error instanceof TooManySteps || error instanceof RangeError) return "too many steps";
    throw error;
  }
}

/** Reads and compiles the schema of a body; throws a `ConfigMistake` with the place of what is wrong with it. */
export function compileBodySchema(config: BodyRuleConfig): BodySchema {
  const { schema, fail } = readSchema(config);
  const dialect = dialectOf(schema["$schema"]);
  if (dialect === undefined) {
    fail(["$schema"], "this dialect is not known", `write ${Object.values(DIALECTS).join(" or ")}`);
  }
  // Its validators give promises, which are as good as true.
  if ("$async" in schema)
    fail(["$async"], "a schema that is asynchronous cannot be used", "leave $async out");
  const mistake = findBadPattern(schema);
  if (mistake !== undefined) fail(mistake.place, mistake.message, mistake.hint);

  const wrong = checkSchema(dialect, schema);
  if (wrong !== undefined) fail(pathOfPointer(wrong.pointer), `in a JSON Schema this ${wrong.message}`);
  countSteps(schema);
  let compiled: BodySchema;
  try {
    compiled = new BodySchema(
      createCompiler(dialect, false).compile(schema),
      createCompiler(dialect, true).compile(schema),
    );
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { place, message, hint } = placeFailure(schema, error);
    return fail(place, message, hint);
  }
  if (SMALLEST.some((value) => compiled.check(value, 0)?.[0] === TOO_INTRICATE)) {
    fail(
      [],
      "a check of the smallest value would take too many steps",
      "the schema refers to itself for the value that it is asked about, or doubles what it asks many times over",
    );
  }
  return compiled;
}

/** One value of each type: what takes long to check here takes long whatever a client sends. */
const SMALLEST: readonly unknown[] = [null, false, 0, "", [], {}];

function failInConfig(place: Place, message: string, hint?: string): never {
  throw new ConfigMistake(message, ["body", "schema", ...place], hint);
}

/** The schema as plain JSON, and what tells of a mistake in it. */
function readSchema(config: BodyRuleConfig): {
  schema: Schema;
  fail: (place: Place, message: string, hint?: string) => never;
} {
  const { schemaFile } = config;
  if (schemaFile !== undefined) {
    const fail = (place: Place, message: string, hint?: string): never => {
      const at = place.length === 0 ? "" : ` at /${place.join("/")}`;
      throw new ConfigMistake(`${schemaFile}${at}: ${message}`, ["body", "schemaFile"], hint);
    };
    return { schema: readSchemaFile(schemaFile), fail };
  }
  try {
    // What is no JSON, of a config in TypeScript, is gone or changed by this, and what has no end is found.
    return { schema: JSON.parse(JSON.stringify(config.schema)) as Schema, fail: failInConfig };
  } catch {
    return failInConfig([], "the schema cannot be written as JSON");
  }
}

function readSchemaFile(file: string): Schema {
  const path = ["body", "schemaFile"];
  let text: string;
  try {
    text = readTextFile(file, SCHEMA_FILE_BYTES);
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error;
    throw new ConfigMistake(`the file ${file} ${error.message}`, path);
  }
  const schema = parseStrictJson(text);
  // With the prototype that the compiler expects.
  if (isJsonObject(schema)) return JSON.parse(text) as Schema;
  throw new ConfigMistake(
    `${file} is no JSON object, has a member twice, or more than 32 levels`,
    path,
    "it holds one JSON Schema",
  );
}

function dialectOf(uri: unknown): keyof typeof DIALECTS {
  if (uri === undefined) return "2020-12";
  const found = Object.entries(DIALECTS).find(([, known]) => uri === known || uri === `${known}#`);
  return found?.[0] as keyof typeof DIALECTS;
}

function cutPointer(pointer: string): string {
  if (pointer.length <= POINTER_LENGTH) return pointer;
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/", POINTER_LENGTH)));
}
