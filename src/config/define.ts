import type { z } from "zod";
import type { UntypedClaims, ClaimTypes } from "../callers/claim-type.ts";
import type { serviceSchema } from "../services/schema.ts";
import type { ConfigInput, GroupInput, RouteInput } from "./schema.ts";
import type { Typed } from "./typed-claims.ts";

type ServiceInput = z.input<typeof serviceSchema>;

interface RouteTo<Service extends string, Claims extends ClaimTypes> extends Omit<
  RouteInput,
  "service" | "policies" | "handler"
> {
  service?: Service;
  policies?: Typed<RouteInput["policies"], Claims>;
  handler?: Typed<RouteInput["handler"], Claims>;
}

interface GroupTo<Service extends string, Claims extends ClaimTypes> extends Omit<
  GroupInput,
  "routes" | "policies"
> {
  policies?: Typed<GroupInput["policies"], Claims>;
  routes: (RouteTo<Service, Claims> | GroupTo<Service, Claims>)[];
}

/** A config whose routes name services that it has, and whose policies name claims that it says callers have. */
export interface ConfigWith<Service extends string, Claims extends ClaimTypes> extends Omit<
  ConfigInput,
  "services" | "claims" | "policies" | "routes"
> {
  services?: Record<Service, ServiceInput>;
  claims?: Claims;
  policies?: Typed<ConfigInput["policies"], NoInfer<Claims>>;
  routes: (RouteTo<NoInfer<Service>, NoInfer<Claims>> | GroupTo<NoInfer<Service>, NoInfer<Claims>>)[];
}

/**
 * Returns `config` as it is; its type makes editors complete and check it, names of services and claims included. The values
 * are checked when the config is loaded.
 */
export function defineConfig<
  const Service extends string = never,
  const Claims extends ClaimTypes = UntypedClaims,
>(config: ConfigWith<Service, Claims>): ConfigInput {
  return config as unknown as ConfigInput;
}

export { env } from "../lib/schema.ts";
