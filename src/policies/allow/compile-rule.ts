import { AllOf, AnyOf, Not, type Condition } from "./condition.ts";
import {
  HasClaim,
  HasId,
  HasRole,
  HasScopes,
  IsKind,
  IsMethod,
  IsTenant,
  type ClaimPlace,
} from "./leaves.ts";
import type { AllowConfig, Rule } from "./schema.ts";

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
  if (rule.tenant !== undefined) parts.push(new IsTenant(rule.tenant));
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
