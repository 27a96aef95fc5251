import { ConfigMistake } from "../lib/config-mistake.ts";
import { label } from "../lib/schema.ts";
import { suggest } from "../lib/suggest.ts";

/** What a tenant may be called: it goes into header fields, log lines and keys. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The name of a plan, of a tenant or a caller. */
export const planName = label;

/** Holds that a plan, if one is given, is one of `plans`, where the config lists them. Throws a `ConfigMistake`. */
export function checkPlan(
  plan: string | undefined,
  plans: readonly string[] | undefined,
  path: readonly (string | number)[],
): void {
  if (plan === undefined || plans === undefined || plans.includes(plan)) return;
  throw new ConfigMistake(`unknown plan ${JSON.stringify(plan)}`, path, suggest(plan, plans));
}

/** The name of what a tenant may use and others may not. */
export const featureName = label;
