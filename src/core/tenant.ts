import { label } from "../lib/schema.ts";
import { suggest } from "../lib/suggest.ts";
import type { Exchange } from "./exchange.ts";
import { PolicyConfigError } from "./policy.ts";

/** What a tenant may be called: it goes into header fields, log lines and keys. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The name of a plan, of a tenant or a caller. */
export const planName = label;

/** Holds that a plan, if one is given, is one of `plans`, where the config lists them. Throws a `PolicyConfigError`. */
export function checkPlan(
  plan: string | undefined,
  plans: readonly string[] | undefined,
  path: readonly (string | number)[],
): void {
  if (plan === undefined || plans === undefined || plans.includes(plan)) return;
  throw new PolicyConfigError(`unknown plan ${JSON.stringify(plan)}`, path, suggest(plan, plans));
}

/** The name of what a tenant may use and others may not. */
export const featureName = label;

/** A customer, whose users call: as the config has it. */
export interface Tenant {
  readonly name: string;
  /** The plan that it is on, by the name that limits know it by. */
  readonly plan: string | undefined;
  readonly suspended: boolean;
  readonly features: ReadonlySet<string>;
  /** Header fields for services: flat name, value. */
  readonly headers: readonly string[];
}

/**
 * The plan by which a request is limited: its tenant's, or else its caller's. The tenant is who pays; what a single key or
 * token says of a plan holds where the tenant has none.
 */
export function planOf(x: Exchange): string | undefined {
  return x.tenant?.plan ?? x.caller?.plan;
}
