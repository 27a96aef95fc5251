import { z } from "zod";
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
import { sectionSchemas } from "./sections.ts";

nameKinds("policy", policyKinds);
nameKinds("handler", handlerKinds);

/** Of a group or route. */
type RoutePolicies = ReturnType<typeof switchablePoliciesSchema<typeof policyKinds>>;

/** One match and what answers it. */
const createRouteSchema = (policies: RoutePolicies) =>
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
const createGroupFields = (policies: RoutePolicies) =>
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
type GroupFields = ReturnType<typeof createGroupFields>;
type RouteList = z.ZodArray<z.ZodUnion<readonly [RouteSchema, z.ZodType<GroupConfig, GroupInput>]>>;

/** The schemas of a config that uses policies of its own; their types know the gateway's alone. */
export function createSchemas(own: readonly OwnPolicyKind[]) {
  const kinds = [...policyKinds, ...own] as unknown as typeof policyKinds;
  const policies = switchablePoliciesSchema(kinds);
  const route = createRouteSchema(policies);
  const groupFields = createGroupFields(policies);
  const group = groupFields
    .extend({
      get routes(): z.ZodType<(RouteConfig | GroupConfig)[], (RouteInput | GroupInput)[]> {
        return routeList.describe("Routes and groups below the prefix.");
      },
    })
    .meta({ id: "group" });
  const routeList: RouteList = z.array(z.union([route, group]).meta({ id: "entry" }));
  const config = createConfigSchema(policiesSchema(kinds), routeList);
  return { config, route, group, groupFields, policies };
}

export type ConfigSchemas = ReturnType<typeof createSchemas>;

function createConfigSchema(
  policies: ReturnType<typeof policiesSchema<typeof policyKinds>>,
  routes: RouteList,
) {
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
    ...sectionSchemas,
    policies: policies.prefault({}).describe("Policies for every route."),
    routes: routes.describe("Routes and groups of routes; the most specific match wins."),
    limits: limitsSchema.prefault({}).describe("Bounds on what clients may send."),
    timeouts: clientTimeoutsSchema.prefault({}).describe("Bounds on every wait for a client."),
    drain: duration({ min: 0 })
      .prefault("10s")
      .describe("How long requests in flight may take to finish at a shutdown."),
    log: logSchema.prefault({}).describe("What is logged, how and where."),
  });
}

/** Those of a config that uses none of its own. */
export const schemas = createSchemas([]);

/** The whole config: the one source of its types, its checks, the JSON Schema and the reference. */
export const configSchema = schemas.config;

/** A config as it is written, and as it is once checked. */
export type ConfigInput = z.input<typeof configSchema> & {
  /** Policies of one's own, as `definePolicy` makes them: `policies` then takes them by their names. */
  readonly use?: readonly OwnPolicyKind[] | undefined;
};
export type Config = z.output<typeof configSchema> & { readonly use?: readonly OwnPolicyKind[] };

export type RouteInput = z.input<RouteSchema>;
export type RouteConfig = z.output<RouteSchema>;

export interface GroupInput extends z.input<GroupFields> {
  routes: (RouteInput | GroupInput)[];
}
export interface GroupConfig extends z.output<GroupFields> {
  routes: (RouteConfig | GroupConfig)[];
}

export type { ServiceConfig } from "../services/schema.ts";
