import { z } from "zod";
import { claimName } from "../../callers/claim-name.ts";
import { identityHeaderName } from "../../callers/identity-header.ts";
import { featureName } from "../../callers/tenant-schema.ts";

const parentDomain = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/,
    "expected a domain in lower case, without a port and a dot at its ends",
  );

const source = z.union([
  z.strictObject({
    claim: claimName.describe("A claim of the caller, which binds the request to its tenant."),
  }),
  z.strictObject({
    header: identityHeaderName.describe("A request header, in lower case, by which clients name a tenant."),
  }),
  z.strictObject({
    subdomain: parentDomain.describe("The domain whose direct subdomains are called like tenants."),
  }),
]);

const finding = z.strictObject({
  from: z
    .array(source)
    .min(1)
    .max(8)
    .describe("Where a request names its tenant. All that it says must agree; at least one has to say it."),
  header: identityHeaderName
    .default("x-tenant-id")
    .describe("The request header that tells services the tenant, in lower case. Clients cannot set it."),
  required: z.boolean().default(true).describe("Whether a request that names no tenant is refused."),
  trustUnbound: z
    .boolean()
    .default(false)
    .describe("Whether callers whose credential names no tenant may choose one by header or subdomain."),
  feature: featureName
    .optional()
    .describe("A feature that the tenant must have, or its requests are refused."),
});

/** One that adds to the policy of the groups around it. */
const adding = z.strictObject({
  feature: featureName.describe(
    "Without from: a feature that the tenant must have besides, which the policy around has found.",
  ),
});

export const tenantConfig = z.union([finding, adding]);

export type FindingConfig = z.output<typeof finding>;
export type Source = z.output<typeof source>;
