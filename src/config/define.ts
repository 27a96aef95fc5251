import type { z } from "zod";
import type { UntypedClaims, ClaimTypes } from "../callers/claim-type.ts";
import type { OwnPolicyKind } from "../contract/own-policy.ts";
import type { serviceSchema } from "../services/schema.ts";
import type { ConfigInput, GroupInput, RouteInput } from "./schema.ts";
import type { Typed } from "./typed-claims.ts";

type ServiceInput = z.input<typeof serviceSchema>;

/** What the policies of one's own take, by their names; `Off` is what switches one off. */
type OwnPolicies<Use extends readonly OwnPolicyKind[], Claims extends ClaimTypes, Off = never> = {
  [Kind in Use[number] as Kind["name"]]?: Typed<z.input<Kind["config"]>, Claims> | Off;
};

type InheritingPolicies<Use extends readonly OwnPolicyKind[], Claims extends ClaimTypes> = Typed<
  RouteInput["policies"],
  Claims
> &
  OwnPolicies<Use, Claims, false>;

interface RouteTo<
  Service extends string,
  Claims extends ClaimTypes,
  Use extends readonly OwnPolicyKind[],
> extends Omit<RouteInput, "service" | "policies" | "handler"> {
  service?: Service;
  policies?: InheritingPolicies<Use, Claims>;
  handler?: Typed<RouteInput["handler"], Claims>;
}

interface GroupTo<
  Service extends string,
  Claims extends ClaimTypes,
  Use extends readonly OwnPolicyKind[],
> extends Omit<GroupInput, "routes" | "policies"> {
  policies?: InheritingPolicies<Use, Claims>;
  routes: (RouteTo<Service, Claims, Use> | GroupTo<Service, Claims, Use>)[];
}

/** A config whose routes name services that it has, and whose policies name claims that it says callers have. */
export interface ConfigWith<
  Service extends string,
  Claims extends ClaimTypes,
  Use extends readonly OwnPolicyKind[] = readonly [],
> extends Omit<ConfigInput, "services" | "claims" | "policies" | "routes" | "use"> {
  /** Policies of one's own, as `definePolicy` makes them: `policies` then takes them by their names. */
  use?: Use;
  services?: Record<Service, ServiceInput>;
  claims?: Claims;
  policies?: Typed<ConfigInput["policies"], NoInfer<Claims>> & OwnPolicies<NoInfer<Use>, NoInfer<Claims>>;
  routes: (
    | RouteTo<NoInfer<Service>, NoInfer<Claims>, NoInfer<Use>>
    | GroupTo<NoInfer<Service>, NoInfer<Claims>, NoInfer<Use>>
  )[];
}

/**
 * Returns `config` as it is; its type makes editors complete and check it, names of services and claims and the policies under `use`
 * included. The values are checked when the config is loaded.
 *
 * @example
 * export default defineConfig({
 *   services: { users: { targets: ["http://127.0.0.1:9001"] } },
 *   routes: [{ path: "/users/*", service: "users" }],
 * });
 */
export function defineConfig<
  const Service extends string = never,
  const Claims extends ClaimTypes = UntypedClaims,
  const Use extends readonly OwnPolicyKind[] = readonly [],
>(config: ConfigWith<Service, Claims, Use>): ConfigInput {
  return config as unknown as ConfigInput;
}

export { env } from "../lib/schema.ts";
