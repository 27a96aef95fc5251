import type { AnySchemaObject, Format, KeywordDefinition, Options, ValidateFunction } from "ajv";
import { requirePackage } from "../../lib/require-package.ts";
import { ValueSet } from "./comparison.ts";
import { countedFormat, FORMATS } from "./formats.ts";
import { compilePattern } from "./linear-pattern.ts";
import { countStep, STEP_KEYWORD, takeSteps } from "./steps.ts";

/** What is needed of an instance of ajv, of whatever dialect. */
export interface SchemaCompiler {
  readonly errors?: ValidateFunction["errors"];
  validateSchema(schema: AnySchemaObject): unknown;
  /** Without checking the schema first. */
  compile(schema: AnySchemaObject): ValidateFunction;
  removeKeyword(name: string): unknown;
  addKeyword(definition: KeywordDefinition): unknown;
  addFormat(name: string, format: Format): unknown;
}

export const DIALECTS = {
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
  "draft-07": "http://json-schema.org/draft-07/schema",
} as const;

const checkers = new Map<keyof typeof DIALECTS, SchemaCompiler>();

/** What is wrong with a schema as one of its dialect; undefined when nothing is. */
export function checkSchema(
  dialect: keyof typeof DIALECTS,
  schema: AnySchemaObject,
): { readonly pointer: string; readonly message: string } | undefined {
  // One for all of them: most of a schema's compilation would be that of the dialect's own.
  const checker = checkers.get(dialect) ?? createCompiler(dialect, false);
  checkers.set(dialect, checker);
  if (checker.validateSchema(schema) === true) return undefined;
  const [error] = checker.errors ?? [];
  return { pointer: error?.instancePath ?? "", message: error?.message ?? "is not valid" };
}

/** Makes a compiler that knows one dialect. `allErrors` makes its validators go on after the first thing that is wrong. */
export function createCompiler(dialect: keyof typeof DIALECTS, allErrors: boolean): SchemaCompiler {
  const { Ajv } = requirePackage("ajv") as typeof import("ajv");
  const { Ajv2020 } = requirePackage("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
  const { default: formats } = requirePackage("ajv-formats") as typeof import("ajv-formats");
  const options: Options = {
    allErrors,
    validateSchema: false,
    // A misspelt keyword would check nothing, and without a type most keywords let values of another type pass.
    strict: true,
    strictRequired: false,
    strictTuples: false,
    allowUnionTypes: true,
    // Objects have the prototype that all have, and what that has is not theirs.
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign(createPattern, { code: "linearPattern" }) },
  };
  const compiler = dialect === "2020-12" ? new Ajv2020(options) : new Ajv(options);
  for (const name of FORMATS) compiler.addFormat(name, countedFormat(name, formats.get(name, "full")));
  for (const keyword of COMPARING) {
    compiler.removeKeyword(keyword.keyword as string);
    compiler.addKeyword(keyword);
  }
  compiler.addKeyword(STEP);
  return compiler;
}

/** Steps of a match, beside those of each character. */
const MATCH = 60;

function createPattern(pattern: string): { test(text: string): boolean } {
  const compiled = compilePattern(pattern, "part");
  if ("problem" in compiled) throw new Error(`${JSON.stringify(pattern)}: ${compiled.problem}`);
  const counted = {
    test(text: string): boolean {
      takeSteps(MATCH + text.length);
      return compiled.test(text);
    },
    // The name by which generated code tells patterns apart.
    toString: () => pattern,
  };
  return counted;
}

const STEP: KeywordDefinition = {
  keyword: STEP_KEYWORD,
  schemaType: "boolean",
  validate: countStep,
  schema: false,
  // Behind one that fails, it would not be asked.
  before: "$ref",
};

/**
 * The keywords that compare values. ajv's own compare each item with each other, so that a megabyte of small objects takes
 * minutes; and they call `valueOf` of what they compare, which is whatever the client has put there.
 */
const COMPARING: readonly KeywordDefinition[] = [
  {
    keyword: "const",
    compile: (constant: unknown) => isOneOf([constant]),
    error: { message: "must be equal to constant" },
  },
  {
    keyword: "enum",
    schemaType: "array",
    compile: isOneOf,
    error: { message: "must be equal to one of the allowed values" },
  },
  {
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    compile: (unique: boolean) => (items: readonly unknown[]) => !unique || areUnique(items),
    error: { message: "must not have the same item twice" },
  },
];

function isOneOf(values: readonly unknown[]): (value: unknown) => boolean {
  const known = new ValueSet();
  for (const value of values) known.add(value);
  return (value) => known.has(value);
}

function areUnique(items: readonly unknown[]): boolean {
  const seen = new ValueSet();
  return items.every((item) => seen.add(item));
}
