import { z } from "zod";
import { duration, secret, size } from "../../src/lib/schema.ts";
import { code } from "./markdown.ts";

/** As much of JSON Schema as the config's schema is made of. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string | number | boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** Options below one place, each with its path from there. */
export type Options = readonly {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}[];

export type Definitions = Readonly<Record<string, Schema>>;

const DEFINITIONS = "#/definitions/";
const DURATION = toSchema(duration()).pattern;
const SIZE = toSchema(size()).pattern;
const SECRET = JSON.stringify(toSchema(secret()).anyOf?.map(withoutDescriptions));

/**
 * All options below `schema`, whose own path is `path`, in the order of the schema. What has a name of its own is left out, but
 * where it is one of `definitions` that stands at the top.
 */
export function childrenOf(schema: Schema, path: string, definitions: Definitions = {}): Options {
  if (isSecret(schema)) return [];
  if (schema.$ref !== undefined) {
    const named = definitions[schema.$ref.replace(DEFINITIONS, "")];
    return path === "" && named !== undefined ? childrenOf(named, path) : [];
  }
  if (schema.anyOf !== undefined)
    return schema.anyOf.flatMap((choice) => childrenOf(choice, path, definitions));
  if (schema.items !== undefined) return childrenOf(schema.items, `${path}[]`);
  const { properties = {}, required = [], additionalProperties } = schema;
  const named = Object.entries(properties).flatMap(([name, child]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return [{ path: at, schema: child, required: required.includes(name) }, ...childrenOf(child, at)];
  });
  return typeof additionalProperties === "object"
    ? [...named, ...childrenOf(additionalProperties, `${path}.<name>`)]
    : named;
}

/** A type in words, as Markdown. */
export function describeType(schema: Schema): string {
  const { $ref, allOf, anyOf, type, minimum, maximum } = schema;
  if (allOf !== undefined) return describeType(allOf[0]!);
  if ($ref !== undefined) return describeReference($ref);
  if (isSecret(schema)) return "secret";
  if (anyOf !== undefined) return [...new Set(anyOf.map(describeType))].join(" or ");
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(" or ");
  if (Array.isArray(type))
    return type.map((one: string) => describeType({ ...schema, type: one })).join(" or ");
  switch (type) {
    case "string":
      return schema.pattern === DURATION ? "duration" : schema.pattern === SIZE ? "size" : "text";
    case "number":
      return "number";
    case "integer":
      return `integer, ${minimum} to ${maximum}`;
    case "boolean":
      return "`true` or `false`";
    case "array":
      return `list of ${describeType(schema.items!)}`;
    case "object":
      return typeof schema.additionalProperties === "object" && schema.properties === undefined
        ? `names with ${describeType(schema.additionalProperties)}`
        : "object";
    case undefined:
      return "function";
    default:
      throw new Error(`the reference has no words for the type ${String(type)}`);
  }
}

/** A default as Markdown; empty where there is none, or where the defaults of what is below say it. */
export function describeDefault({ default: value, properties, anyOf }: Schema): string {
  if (value === undefined) return "";
  const hasOptions = properties !== undefined || anyOf?.some((choice) => choice.properties !== undefined);
  if (hasOptions === true && JSON.stringify(value) === "{}") return "";
  return code(typeof value === "string" ? value : JSON.stringify(value));
}

function describeReference(reference: string): string {
  const name = reference.replace(DEFINITIONS, "");
  if (name === "entry") return "[route](#route) or [group](#group)";
  if (/^(policy|handler)\./.test(name)) return `[options](#${name})`;
  if (name === "allow.rule") return "[rule](#policy.allow)";
  if (name === "rateLimit.limit") return "[limit](#policy.rateLimit)";
  if (name === "claimType") return "[type](../guides/authentication.md#types-of-claims)";
  // The one other recursive schema; zod names those without a name of their own itself.
  if (name.startsWith("__")) return "any JSON value";
  throw new Error(`the reference has no section for ${name}`);
}

function isSecret({ anyOf }: Schema): boolean {
  return anyOf !== undefined && JSON.stringify(anyOf.map(withoutDescriptions)) === SECRET;
}

function withoutDescriptions(schema: Schema): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === "description" ? undefined : value)),
  );
}

function toSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7" }) as Schema;
}
