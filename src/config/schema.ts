import { z } from "zod";
import { claimTypesSchema } from "../callers/claim-type.ts";
import type { OwnPolicyKind } from "../contract/own-policy.ts";
import { handlerKinds } from "../handlers/index.ts";
import { duration } from "../lib/schema.ts";
import { policyKinds } from "../policies/index.ts";
import { serviceSchema } from "../services/schema.ts";
import { handlerSchema, nameKinds, policiesSchema, switchablePoliciesSchema } from "./kinds.ts";
import { clientTimeoutsSchema, limitsSchema, routeLimitsSchema } from "./limits.ts";
import { listenSchema } from "./listen.ts";
import { logSchema } from "./log.ts";
import { headerMatches, hostList, methodList, pathPattern, prefixPattern, queryMatches } from "./match.ts";
import { revocationsSchema } from "./revocations.ts";
import { signingKeysSchema } from "./signing-keys.ts";
import { plansSchema, tenantsSchema } from "./tenants.ts";

nameKinds("policy", policyKinds);
nameKinds("handler", handlerKinds);

const routePolicies = switchablePoliciesSchema(policyKinds);

/** One match and what answers it. */
const createRouteSchema = (policies: typeof routePolicies) =>
  z
    .strictObject({
      id: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "expected letters, digits, '.', '_' and '-'")
        .optional()
        .describe("What logs and metrics call the route; by default its method and path."),
      method: methodList.optional().describe("The methods it takes, one or a list; any by default."),
      path: pathPattern.describe("The path below its groups' prefixes, such as /users/{id} or /files/*."),
      host: hostList
        .optional()
        .describe("The hosts it answers for, one or a list; *.example.com takes any one label."),
      headers: headerMatches
        .optional()
        .describe("Header fields that a request must have: a value, or true for any."),
      query: queryMatches
        .optional()
        .describe("Query parameters that a request must have: a value, or true for any."),
      policies: policies.optional().describe("Policies of this route, over what it inherits."),
      service: z.string().min(1).optional().describe("The service that requests are forwarded to."),
      handler: handlerSchema(handlerKinds).optional().describe("What answers instead of a service."),
      stripPrefix: z
        .boolean()
        .optional()
        .describe("Whether the prefixes of its groups are taken off before forwarding."),
      rewrite: pathPattern.optional().describe("The path to forward instead, such as /internal/{id}."),
      encodedSlashes: z
        .boolean()
        .optional()
        .describe(
          "Whether a path may hold %2F, which stays as it is; otherwise, as by default, that is 400.",
        ),
      limits: routeLimitsSchema.optional().describe("Limits of this route, over the gateway's."),
    })
    .meta({ id: "route" });

/** What a group has beside its routes. */
const createGroupFields = (policies: typeof routePolicies) =>
  z.strictObject({
    prefix: prefixPattern.describe("The beginning of the path of every route below."),
    policies: policies.optional().describe("Policies for every route below, over what the group inherits."),
    host: hostList
      .optional()
      .describe("The hosts that the routes below answer for, unless they name their own."),
    stripPrefix: z
      .boolean()
      .optional()
      .describe("Whether this prefix and those around it are taken off before forwarding."),
  });

type RouteSchema = ReturnType<typeof createRouteSchema>;
type RouteList = z.ZodArray<z.ZodUnion<readonly [RouteSchema, z.ZodType<GroupConfig, GroupInput>]>>;

function createRouteList(policies: typeof routePolicies): RouteList {
  const groupSchema = createGroupFields(policies)
    .extend({
      get routes(): z.ZodType<(RouteConfig | GroupConfig)[], (RouteInput | GroupInput)[]> {
        return routeList.describe("Routes and groups below the prefix.");
      },
    })
    .meta({ id: "group" });
  const routeList: RouteList = z.array(
    z.union([createRouteSchema(policies), groupSchema]).meta({ id: "entry" }),
  );
  return routeList;
}

/** The schema of a config that uses policies of its own; its types know the gateway's alone. */
export function createConfigSchema(own: readonly OwnPolicyKind[]) {
  const kinds = [...policyKinds, ...own] as unknown as typeof policyKinds;
  return z.strictObject({
    $schema: z.string().optional().describe("Where an editor finds the JSON Schema of this file."),
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/,
        "expected a token: letters, digits and '-', without spaces",
      )
      .default("portcullis")
      .describe("The gateway's name, in Via and in its index."),
    listen: listenSchema.prefault({}).describe("Where clients connect."),
    services: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "expected letters, digits and '-'"),
        serviceSchema,
      )
      .prefault({})
      .describe("The services behind the gateway, by name."),
    signingKeys: signingKeysSchema
      .prefault({})
      .describe("The keys that the gateway signs tokens with, in lists by name: one for each purpose."),
    revocations: revocationsSchema
      .prefault({})
      .describe("Zones, by name, in which the gateway remembers revoked tokens until they have expired."),
    plans: plansSchema
      .optional()
      .describe("The plans that there are, so that another name is a mistake. Unset: any name is a plan."),
    tenants: tenantsSchema
      .prefault({})
      .describe("The tenants, by name, of which the policy tenant finds one."),
    claims: claimTypesSchema
      .optional()
      .describe(
        "The claims of callers, each with its type: a name that is not here is a mistake, and so is a caller's claim of another type.",
      ),
    policies: policiesSchema(kinds).prefault({}).describe("Policies for every route."),
    routes: createRouteList(switchablePoliciesSchema(kinds)).describe(
      "Routes and groups of routes; the most specific match wins.",
    ),
    limits: limitsSchema.prefault({}).describe("Bounds on what clients may send."),
    timeouts: clientTimeoutsSchema.prefault({}).describe("Bounds on every wait for a client."),
    drain: duration({ min: 0 })
      .prefault("10s")
      .describe("How long requests in flight may take to finish at a shutdown."),
    log: logSchema.prefault({}).describe("What is logged, how and where."),
  });
}

/** The whole config: the one source of its types, its checks, the JSON Schema and the reference. */
export const configSchema = createConfigSchema([]);

/** A config as it is written, and as it is once checked. */
export type ConfigInput = z.input<typeof configSchema> & {
  /** Policies of one's own, as `definePolicy` makes them: `policies` then takes them by their names. */
  readonly use?: readonly OwnPolicyKind[] | undefined;
};
export type Config = z.output<typeof configSchema> & { readonly use?: readonly OwnPolicyKind[] };

export type RouteInput = z.input<RouteSchema>;
export type RouteConfig = z.output<RouteSchema>;

type GroupFields = ReturnType<typeof createGroupFields>;

export interface GroupInput extends z.input<GroupFields> {
  routes: (RouteInput | GroupInput)[];
}
export interface GroupConfig extends z.output<GroupFields> {
  routes: (RouteConfig | GroupConfig)[];
}

/** The policies of a group or route, by kind; false where an inherited one is switched off. */
export type RoutePoliciesConfig = z.output<typeof routePolicies>;

export type { ServiceConfig } from "../services/schema.ts";

/** Whether an entry of `routes` is a group. */
export function isGroup(entry: RouteConfig | GroupConfig): entry is GroupConfig {
  return "prefix" in entry;
}
