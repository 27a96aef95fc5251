import type { ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import { suggest } from "../lib/suggest.ts";
import type { ClaimForm, NamedClaim } from "../callers/claim-name.ts";
import {
  describeClaimType,
  isList,
  isOfType,
  type ClaimScalar,
  type ClaimType,
  type ClaimTypes,
} from "../callers/claim-type.ts";

/**
 * Finds what is wrong with the claims that a policy's config at `path` names: names that no claim has, claims whose type is of
 * no use there, and values that a claim never has. Each of them would do nothing, without a word.
 */
export function checkClaims(
  named: readonly NamedClaim[],
  types: ClaimTypes,
  path: ConfigPath,
  issues: ConfigIssue[],
): void {
  for (const claim of named) {
    const problem = problemOf(claim, types);
    if (problem === undefined) continue;
    const atKey = claim.atKey === true ? { atKey: true } : {};
    issues.push({ path: [...path, ...claim.path], ...problem, ...atKey });
  }
}

type Problem = Pick<ConfigIssue, "message" | "hint">;

function problemOf({ name, takes, compared }: NamedClaim, types: ClaimTypes): Problem | undefined {
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type === undefined) {
    const message = `there is no claim ${JSON.stringify(name)} among those at claims`;
    const hint = suggest(name, Object.keys(types));
    // A list of all would begin with those of the standard.
    return { message, hint: hint?.startsWith("did") === true ? hint : "add it there, with its type" };
  }
  if (takes !== undefined && !formsOf(type).some((form) => takes.includes(form))) {
    const message = `the claim ${name} is ${describeClaimType(type)}, which is of no use here`;
    return { message, hint: `it takes ${takes.map((form) => FORMS[form]).join(", or ")}` };
  }
  const values = compared?.values.filter((value) => !couldBe(value, type, compared.what)) ?? [];
  if (values.length === 0) return undefined;
  const message = `the claim ${name} is never ${values.map((value) => JSON.stringify(value)).join(", nor ")}`;
  return { message, hint: hintFor(values[0]!, type) };
}

const FORMS: Readonly<Record<ClaimForm, string>> = {
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  list: "a list",
  object: "an object",
};

function formsOf(type: ClaimType): readonly ClaimForm[] {
  if (type === "any") return ["string", "number", "boolean", "list", "object"];
  if (typeof type === "string") return [type === "integer" ? "number" : type];
  if (isList(type)) return type.map((value) => typeof value as "string" | "number" | "boolean");
  if ("list" in type) return ["list"];
  return "oneOrMore" in type ? ["list", ...formsOf(type.oneOrMore)] : ["object"];
}

type Compared = NonNullable<NamedClaim["compared"]>["what"];

function couldBe(value: ClaimScalar, type: ClaimType, what: Compared): boolean {
  if (what !== "items" && isOfType(value, type)) return true;
  const item = what === "itself" ? undefined : itemOf(type);
  return item !== undefined && isOfType(value, item);
}

function itemOf(type: ClaimType): ClaimType | undefined {
  if (type === "any") return type;
  if (typeof type === "string" || isList(type)) return undefined;
  if ("list" in type) return type.list;
  return "oneOrMore" in type ? type.oneOrMore : undefined;
}

function hintFor(value: ClaimScalar, type: ClaimType): string {
  const values = isList(type) ? type : itemOf(type);
  if (values !== undefined && typeof values !== "string" && isList(values)) {
    const hint = suggest(String(value), values.map(String));
    if (hint !== undefined) return hint;
  }
  return `it is ${describeClaimType(type)}`;
}
