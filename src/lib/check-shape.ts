import type { z } from "zod";
import { redact } from "./redact.ts";
import { suggest } from "./suggest.ts";

/** One mistake in what was written, in words for who wrote it. */
export interface ShapeIssue {
  /** Keys and indexes from its root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Set when the mistake is the key that ends `path`, and not its value. */
  readonly atKey?: boolean;
}

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** Checks `input` against `schema`; every mistake becomes an issue in words that say what to do. */
export function checkShape<S extends z.ZodType>(
  schema: S,
  input: unknown,
): { data: z.output<S> } | { issues: ShapeIssue[] } {
  // An issue about unknown keys does not say which keys are known, but the schema at hand while it is made does. The
  // list of unknown keys is the same object in both.
  const knownKeys = new WeakMap<readonly string[], readonly string[]>();
  const result = schema.safeParse(input, {
    reportInput: true,
    error: (issue) => {
      if (issue.code === "unrecognized_keys") knownKeys.set(issue.keys, readKeys(issue));
      return describe(issue);
    },
  });
  if (result.success) return { data: result.data };
  return { issues: result.error.issues.flatMap((issue) => explain(issue, [], knownKeys)) };
}

function explain(
  issue: Issue,
  base: ShapeIssue["path"],
  knownKeys: WeakMap<readonly string[], readonly string[]>,
): ShapeIssue[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  const name = path.at(-1);
  if (name !== undefined && isMissing(issue)) {
    return [{ path: path.slice(0, -1), message: `${JSON.stringify(String(name))} is missing` }];
  }
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        atKey: true,
        // A secret that is written without the quotes that it needs becomes a key.
        message: `unknown field ${JSON.stringify(redact(key))}`,
        hint: suggest(key, knownKeys.get(issue.keys) ?? []),
      }));
    case "invalid_union": {
      const branch = chooseBranch(issue.errors);
      if (branch !== undefined) return branch.flatMap((inner) => explain(inner, path, knownKeys));
      const expected = issue.errors.flatMap((branch) => branch.slice(0, 1).map((inner) => inner.message));
      return [{ path, message: joinExpected(expected) }];
    }
    case "invalid_key":
      return [{ path, atKey: true, message: issue.issues.map((inner) => inner.message).join("; ") }];
    case "invalid_value":
      return [{ path, message: issue.message, hint: suggestValue(issue.input, issue.values) }];
    case "custom":
      return [{ path, message: issue.message, hint: readHint(issue.params) }];
    default:
      return [{ path, message: issue.message }];
  }
}

/**
 * Which alternative of a union was meant: the one whose type fits at all, and of several the one with the fewest unknown
 * and missing fields of its own. Undefined when none fits.
 */
function chooseBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter((branch) => !branch.some(isWrongType));
  const misfits = (branch: readonly Issue[]): number =>
    branch.reduce((sum, issue) => {
      if (issue.code === "unrecognized_keys" && issue.path.length === 0) return sum + issue.keys.length;
      return issue.path.length === 1 && issue.input === undefined ? sum + 1 : sum;
    }, 0);
  return fitting.toSorted((left, right) => misfits(left) - misfits(right))[0];
}

function isMissing(issue: Issue): boolean {
  const { code, input } = issue;
  return (
    input === undefined && (code === "invalid_type" || code === "invalid_value" || code === "invalid_union")
  );
}

function isWrongType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "custom") return issue.params?.["wrongType"] === true;
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

function describe(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${nameType(issue.expected)}, got ${nameType(typeOf(issue.input))}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `expected ${JSON.stringify(issue.values[0])}`
        : `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return `expected at least ${String(issue.minimum)}${unitOf(issue.origin, Number(issue.minimum))}`;
    case "too_big":
      return `expected at most ${String(issue.maximum)}${unitOf(issue.origin, Number(issue.maximum))}`;
    default:
      return undefined;
  }
}

function joinExpected(messages: readonly string[]): string {
  const parts = messages.map((message) => /^expected (?:one of )?(.*?)(?:, got (.*))?$/.exec(message));
  const expected = new Set(parts.map((part, index) => part?.[1] ?? messages[index]));
  const got = parts.find((part) => part?.[2] !== undefined)?.[2];
  return `expected ${[...expected].join(" or ")}${got === undefined ? "" : `, got ${got}`}`;
}

function readKeys(issue: RawIssue): readonly string[] {
  const definition: object | undefined = issue.inst?._zod.def;
  if (definition === undefined || !("shape" in definition) || typeof definition.shape !== "object") return [];
  return Object.keys(definition.shape ?? {});
}

function readHint(params: Record<string, unknown> | undefined): string | undefined {
  return typeof params?.["hint"] === "string" ? params["hint"] : undefined;
}

function suggestValue(input: unknown, values: readonly unknown[]): string | undefined {
  if (typeof input !== "string") return undefined;
  const hint = suggest(
    input,
    values.filter((value) => typeof value === "string"),
  );
  // The message lists the values already.
  return hint?.startsWith("did you mean") === true ? hint : undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "array" : typeof value;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  function: "a function",
  int: "a whole number",
  null: "nothing",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

function nameType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function unitOf(origin: string, count: number): string {
  if (origin === "string") return count === 1 ? " character" : " characters";
  if (origin === "array" || origin === "set" || origin === "map") return count === 1 ? " entry" : " entries";
  return "";
}
