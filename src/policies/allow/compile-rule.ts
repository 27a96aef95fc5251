import { AllOf, AnyOf, Not, type Condition } from "./condition.ts";
import { HasClaim, HasId, HasRole, HasScopes, IsKind, IsMethod, type ClaimPlace } from "./leaves.ts";
import { isClaimTest, type AllowConfig, type ClaimValue, type Rule } from "./schema.ts";

const DEFAULT_PLACES: readonly ClaimPlace[] = [
  { name: "role", at: [] },
  { name: "roles", at: [] },
];

/** Where the caller's roles stand. */
export function rolePlaces(roleClaim: AllowConfig["roleClaim"]): readonly ClaimPlace[] {
  if (roleClaim === undefined) return DEFAULT_PLACES;
  return [typeof roleClaim === "string" ? { name: roleClaim, at: [] } : roleClaim];
}

/** Makes a rule into one condition. What costs least stands first: a method that does not fit spares the rest. */
export function compileRule(rule: Rule, places: readonly ClaimPlace[]): Condition {
  const parts: Condition[] = [];
  if (rule.method !== undefined) parts.push(new IsMethod(rule.method));
  if (rule.kind !== undefined) parts.push(new IsKind(rule.kind));
  if (rule.id !== undefined) parts.push(new HasId(rule.id));
  if (rule.role !== undefined) parts.push(new HasRole(rule.role, places));
  if (rule.scopes !== undefined) parts.push(new HasScopes(rule.scopes));
  for (const [name, test] of Object.entries(rule.claim ?? {})) parts.push(new HasClaim(name, test));
  for (const part of rule.all ?? []) parts.push(compileRule(part, places));
  if (rule.any !== undefined) parts.push(new AnyOf(rule.any.map((part) => compileRule(part, places))));
  if (rule.not !== undefined) parts.push(new Not(compileRule(rule.not, places)));
  return parts.length === 1 ? parts[0]! : new AllOf(parts);
}

/** The rule and all rules in it. */
function rulesOf(rule: Rule): Rule[] {
  const { all = [], any = [], not } = rule;
  return [rule, ...[...all, ...any, ...(not === undefined ? [] : [not])].flatMap(rulesOf)];
}

/** Whether any part of the rule asks for a role. */
export function asksForRole(rule: Rule): boolean {
  return rulesOf(rule).some(({ role }) => role !== undefined);
}

/** Whether any part of the rule asks who is calling. */
export function asksForCaller(rule: Rule): boolean {
  return rulesOf(rule).some(
    ({ role, scopes, claim, id, kind }) => (role ?? scopes ?? claim ?? id ?? kind) !== undefined,
  );
}

/** The `{param}`s of the path that the rule compares something with. */
export function paramsOf(rule: Rule): string[] {
  const names = new Set<string>();
  for (const { id, claim } of rulesOf(rule)) {
    const compared = [id, ...Object.values(claim ?? {}).flatMap(comparedBy)];
    for (const value of compared) {
      if (typeof value === "object" && "param" in value && value.param !== undefined) names.add(value.param);
    }
  }
  return [...names];
}

function comparedBy(value: ClaimValue) {
  return isClaimTest(value) ? [value, value.is, value.contains] : [];
}
