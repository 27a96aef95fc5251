import { z } from "zod";
import { isJsonObject } from "../lib/strict-json.ts";

/** A value that a claim may be said to have. */
export type ClaimScalar = string | number | boolean;

/**
 * What a claim is, wherever a caller has it:
 *
 * - `"string"`, `"boolean"`, `"number"`, or `"integer"` for what is exact, up to 2^53 - 1;
 * - a list of values, of which it is one;
 * - `{ list }` for a list of such items, `{ oneOrMore }` where a single item may stand without a list;
 * - `{ object }` for an object, with the types of such members as are used;
 * - `"any"` for what is not looked at.
 */
export type ClaimType =
  | ClaimWord
  | readonly ClaimScalar[]
  | { readonly list: ClaimType }
  | { readonly oneOrMore: ClaimType }
  | { readonly object: ClaimTypes };

/** The claims of callers, each with its type. */
export interface ClaimTypes {
  readonly [name: string]: ClaimType;
}

/** Of claims whose types nobody has said. */
export interface UntypedClaims {
  readonly [name: string]: "any";
}

/**
 * The claims that a caller may have whose types are `T`. A caller may always lack one, as callers with another kind of credential
 * do; null is how some issuers write that.
 */
export type ClaimsOf<T extends ClaimTypes> = string extends keyof T
  ? Readonly<Record<string, unknown>>
  : Members<T> & Members<typeof STANDARD_CLAIMS>;

type Members<T> = { readonly [N in keyof T]?: ValueOf<T[N]> | null };

type ValueOf<T> = T extends readonly (infer Value)[]
  ? Value
  : T extends { readonly list: infer Item }
    ? readonly ValueOf<Item>[]
    : T extends { readonly oneOrMore: infer Item }
      ? ValueOf<Item> | readonly ValueOf<Item>[]
      : T extends { readonly object: infer Inner }
        ? Members<Inner>
        : T extends keyof Words
          ? Words[T]
          : unknown;

interface Words {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
}

type ClaimWord = (typeof WORDS)[number];

const WORDS = ["string", "number", "integer", "boolean", "any"] as const;

/** Claims that mean the same everywhere (RFC 7519, 8693, 9068), and need no mention; `keyId` is the gateway's own, of API keys. */
const STANDARD_CLAIMS = {
  iss: "string",
  sub: "string",
  aud: { oneOrMore: "string" },
  exp: "number",
  nbf: "number",
  iat: "number",
  jti: "string",
  client_id: "string",
  scope: { oneOrMore: "string" },
  scp: { oneOrMore: "string" },
  keyId: "string",
} as const satisfies ClaimTypes;

const scalar = z.union([
  z.string().max(1000),
  z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
  z.boolean(),
]);

// Told of as a text that is wrong, and not as what is neither a list nor an object.
const word = z
  .string()
  .refine(
    (given) => WORDS.some((word) => word === given),
    `expected one of ${WORDS.join(", ")}; a list of values; list, oneOrMore or object`,
  )
  .meta({ enum: [...WORDS] }) as unknown as z.ZodType<ClaimWord, ClaimWord>;

const claimType: z.ZodType<ClaimType, ClaimType> = z
  .union([
    word,
    z.array(scalar).min(1).max(1000),
    z.strictObject({
      get list(): z.ZodType<ClaimType, ClaimType> {
        return claimType;
      },
    }),
    z.strictObject({
      get oneOrMore(): z.ZodType<ClaimType, ClaimType> {
        return claimType;
      },
    }),
    z.strictObject({
      get object(): z.ZodType<ClaimTypes, ClaimTypes> {
        return z.record(z.string().min(1), claimType);
      },
    }),
  ])
  .meta({ id: "claimType" });

export const claimTypesSchema: z.ZodType<ClaimTypes, ClaimTypes> = z.record(
  z
    .string()
    .min(1)
    .max(1000)
    .refine(
      (name) => !Object.hasOwn(STANDARD_CLAIMS, name),
      "this claim has its type already, that of the standard",
    ),
  claimType,
);

/** All claims that are known, of those that a config gives types to; undefined where it does to none. */
export function withStandardClaims(types: ClaimTypes | undefined): ClaimTypes | undefined {
  return types === undefined ? undefined : { ...STANDARD_CLAIMS, ...types };
}

/** Whether a value that others have made is of a type. */
export function isOfType(value: unknown, type: ClaimType): boolean {
  switch (type) {
    case "any":
      return true;
    case "number":
      // What is too large for a number was read as infinity.
      return Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "string":
    case "boolean":
      return typeof value === type;
    default:
  }
  if (isList(type)) return type.some((one) => one === value);
  if ("list" in type) return Array.isArray(value) && value.every((item) => isOfType(item, type.list));
  if ("oneOrMore" in type)
    return isOfType(value, type.oneOrMore) || isOfType(value, { list: type.oneOrMore });
  return isJsonObject(value) && findMistyped(value, type.object) === undefined;
}

/** The name of the first claim that is there and not of its type; undefined when there is none. */
export function findMistyped(
  claims: Readonly<Record<string, unknown>>,
  types: ClaimTypes,
): string | undefined {
  return Object.keys(types).find((name) => {
    const value = Object.hasOwn(claims, name) ? (claims[name] ?? null) : null;
    return value !== null && !isOfType(value, types[name]!);
  });
}

/** What a claim of a type is, in words that fit behind "it is". The values of a list of them are not told. */
export function describeClaimType(type: ClaimType): string {
  if (type === "any") return "anything";
  if (typeof type === "string") return type === "integer" ? "an integer" : `a ${type}`;
  if (isList(type)) return "one of the values that it may have";
  if ("list" in type) return `a list, each item of it ${describeClaimType(type.list)}`;
  if ("oneOrMore" in type) return `${describeClaimType(type.oneOrMore)}, or a list, each item of it that`;
  return "an object with the members that it may have";
}

/** `Array.isArray` does not tell a readonly list from the rest. */
export function isList(type: ClaimType): type is readonly ClaimScalar[] {
  return Array.isArray(type);
}
