import type { z } from "zod";
import type { serviceSchema } from "../services/schema.ts";
import type { ConfigInput, GroupInput, RouteInput } from "./schema.ts";

type ServiceInput = z.input<typeof serviceSchema>;

interface RouteTo<Service extends string> extends Omit<RouteInput, "service"> {
  service?: Service;
}

interface GroupTo<Service extends string> extends Omit<GroupInput, "routes"> {
  routes: (RouteTo<Service> | GroupTo<Service>)[];
}

/** A config whose routes name services that it has. */
export interface ConfigWith<Service extends string> extends Omit<ConfigInput, "services" | "routes"> {
  services?: Record<Service, ServiceInput>;
  routes: (RouteTo<NoInfer<Service>> | GroupTo<NoInfer<Service>>)[];
}

/**
 * Returns `config` as it is; its type makes editors complete and check it, services' names included. The values are
 * checked when the config is loaded.
 */
export function defineConfig<const Service extends string = never>(config: ConfigWith<Service>): ConfigInput {
  return config;
}

export { env } from "../lib/schema.ts";
