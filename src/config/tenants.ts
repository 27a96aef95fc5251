import { z } from "zod";
import { identityHeaderName } from "../callers/identity-header.ts";
import { checkPlan, featureName, planName, TENANT_NAME } from "../callers/tenant-schema.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { Tenant } from "../core/tenant.ts";
import { fieldValue } from "../http/field-schema.ts";
import { collectIssues, type ConfigIssue } from "./issue.ts";
import { policyKinds } from "../policies/index.ts";
import { parseNamed } from "./plain.ts";
import { defineSection } from "./section.ts";

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

type TenantConfigs = Readonly<Record<string, z.output<typeof tenantSchema>>>;

export const tenants = defineSection({
  schema: z
    .record(
      z.string().regex(TENANT_NAME, "expected 1 to 64 letters, digits, '.', '_' and '-', no sign first"),
      tenantSchema,
    )
    .prefault({})
    .describe("The tenants, by name, of which the policy tenant finds one."),
  parse: (written) => parseNamed(tenantSchema, written),
  read: (configs: TenantConfigs, { plans }, issues) => ({ tenants: readTenants(configs, plans, issues) }),
  checkUses: ({ tenants }, kinds, issues) => checkTenantsUsed(tenants, kinds, issues),
});

function readTenants(
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

/** Tenants that nothing looks for would neither be limited nor suspended. */
function checkTenantsUsed(
  tenants: ReadonlyMap<string, Tenant>,
  kinds: ReadonlySet<AnyPolicyKind>,
  issues: ConfigIssue[],
): void {
  const finding = (policyKinds as readonly AnyPolicyKind[]).filter(
    ({ establishes }) => establishes === "tenant",
  );
  if (tenants.size === 0 || finding.some((kind) => kinds.has(kind))) return;
  const names = finding.map(({ name }) => name).join(" or ");
  const message = "no policy asks for which tenant a request is, so this is never looked at";
  issues.push({ path: ["tenants"], message, hint: `add to policies: ${names}`, atKey: true });
}
