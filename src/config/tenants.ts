import { z } from "zod";
import { identityHeaderName } from "../callers/identity-header.ts";
import { checkPlan, featureName, planName, TENANT_NAME } from "../callers/tenant-schema.ts";
import type { Tenant } from "../core/tenant.ts";
import { fieldValue } from "../http/field-schema.ts";
import { collectIssues, type ConfigIssue } from "./issue.ts";
import { parseNamed } from "./plain.ts";

/** Every name is looked for in every request, to delete what clients send under it: there cannot be thousands. */
const MOST_HEADER_NAMES = 32;

const tenantSchema = z.strictObject({
  plan: planName
    .optional()
    .describe("The plan that it is on, which limits know; it goes before the caller's."),
  suspended: z.boolean().default(false).describe("Whether all its requests are refused with 403."),
  features: z.array(featureName).default([]).describe("What it may use of what routes ask a feature for."),
  headers: z
    .record(identityHeaderName, fieldValue)
    .default({})
    .describe("Header fields for services, names in lower case. No client can set them, of any tenant."),
});

export const plansSchema = z.array(planName).min(1);

export const tenantsSchema = z.record(
  z.string().regex(TENANT_NAME, "expected 1 to 64 letters, digits, '.', '_' and '-', no sign first"),
  tenantSchema,
);

type TenantConfigs = Readonly<Record<string, z.output<typeof tenantSchema>>>;

/** As much of `tenants` as can be read, of a config that is wrong somewhere: each has its name, at least. */
export function parseTenants(tenants: unknown): TenantConfigs {
  return parseNamed(tenantSchema, tenants);
}

/** The plans of a config that is wrong somewhere. */
export function parsePlans(plans: unknown): readonly string[] | undefined {
  return plansSchema.safeParse(plans).data;
}

/** Reads the tenants of a config; mistakes are added to `issues`. */
export function readTenants(
  configs: TenantConfigs,
  plans: readonly string[] | undefined,
  issues: ConfigIssue[],
): ReadonlyMap<string, Tenant> {
  const tenants = new Map<string, Tenant>();
  const headerNames = new Set<string>();
  for (const [name, { plan, suspended, features, headers }] of Object.entries(configs)) {
    collectIssues(issues, ["tenants", name], () => checkPlan(plan, plans, ["plan"]));
    for (const header of Object.keys(headers)) {
      headerNames.add(header);
      if (headerNames.size !== MOST_HEADER_NAMES + 1) continue;
      const message = `tenants have more than ${MOST_HEADER_NAMES} different header names`;
      const hint = "take one name for all tenants, with a value of each";
      issues.push({ path: ["tenants", name, "headers", header], message, hint, atKey: true });
      headerNames.delete(header);
    }
    tenants.set(name, {
      name,
      plan,
      suspended,
      features: new Set(features),
      headers: Object.entries(headers).flat(),
    });
  }
  return tenants;
}
