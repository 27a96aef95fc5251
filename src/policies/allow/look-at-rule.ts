import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Tenant } from "../../core/tenant.ts";
import { isClaimTest, type ClaimValue, type Rule } from "./schema.ts";

/** The rule and all rules in it, each with its place. */
function rulesOf(rule: Rule, place: readonly (string | number)[] = []): readonly PlacedRule[] {
  const { all = [], any = [], not } = rule;
  return [
    { rule, place },
    ...all.flatMap((part, i) => rulesOf(part, [...place, "all", i])),
    ...any.flatMap((part, i) => rulesOf(part, [...place, "any", i])),
    ...(not === undefined ? [] : rulesOf(not, [...place, "not"])),
  ];
}

interface PlacedRule {
  readonly rule: Rule;
  readonly place: readonly (string | number)[];
}

/** Whether any part of the rule asks for a role. */
export function asksForRole(rule: Rule): boolean {
  return rulesOf(rule).some(({ rule: { role } }) => role !== undefined);
}

/** Whether any part of the rule asks who is calling. */
export function asksForCaller(rule: Rule): boolean {
  return rulesOf(rule).some(
    ({ rule: { role, scopes, claim, id, kind } }) => (role ?? scopes ?? claim ?? id ?? kind) !== undefined,
  );
}

/** Whether any part of the rule asks for which tenant the request is. */
export function asksForTenant(rule: Rule): boolean {
  return rulesOf(rule).some(({ rule: { tenant } }) => tenant !== undefined);
}

/** As many tenants are told to who has named another. */
const MOST_TOLD = 20;

/** A name that no tenant has would refuse every request, or with `not` let all of them pass. */
export function checkTenants(config: Rule, tenants: ReadonlyMap<string, Tenant>): void {
  // Without any, that there are none is what is wrong.
  if (tenants.size === 0) return;
  for (const { rule, place } of rulesOf(config)) {
    const names = Array.isArray(rule.tenant) ? rule.tenant : [];
    const unknown = names.find((name) => !tenants.has(name));
    if (unknown === undefined) continue;
    throw new ConfigMistake(
      `there is no tenant ${JSON.stringify(unknown)}`,
      [...place, "tenant"],
      tenants.size <= MOST_TOLD ? `there are: ${[...tenants.keys()].join(", ")}` : undefined,
    );
  }
}

/** The `{param}`s of the path that the rule compares something with. */
export function paramsOf(rule: Rule): string[] {
  const names = new Set<string>();
  for (const {
    rule: { id, tenant, claim },
  } of rulesOf(rule)) {
    const compared = [id, tenant, ...Object.values(claim ?? {}).flatMap(comparedBy)];
    for (const value of compared) {
      if (typeof value === "object" && "param" in value && value.param !== undefined) names.add(value.param);
    }
  }
  return [...names];
}

function comparedBy(value: ClaimValue) {
  return isClaimTest(value) ? [value, value.is, value.contains] : [];
}
