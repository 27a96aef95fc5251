import type { Exchange } from "./exchange.ts";
import type { Handler } from "./handler.ts";
import { IdentityStep } from "./identity-step.ts";
import type { Policy } from "./policy.ts";

/** Where a step stands: before it is known who is calling, where that is found out, or behind that. */
export type Stage = "entrance" | "identity" | "behind";

/** One policy that requests of a route meet. */
export interface Step {
  /** The name of the policy's kind; of several that say who is calling, the names of all. */
  readonly kind: string;
  /** Where in the config it stands, as `routes[2].policies.jwt`. */
  readonly place: string;
  readonly stage: Stage;
  readonly policy: Policy;
}

/** A compiled route: a flat list of steps, made once, walked by every request. */
export interface Route {
  /** What logs and metrics call it: its `id`, or method and path as configured. */
  readonly name: string;
  /** The configured path with its group's prefix, as in `/api/v1/users/{id}`. */
  readonly pattern: string;
  readonly handler: Handler;
  /** The name of the service that answers; empty where the gateway does. */
  readonly service: string;
  /** In the order in which requests go; responses go backwards. */
  readonly steps: readonly Step[];
  /** The step that finds out who is calling; undefined where nobody asks. */
  readonly identity: IdentityStep | undefined;
  /** The path that a service gets, where it is not the request's own. */
  readonly servicePath: ((x: Exchange) => string) | undefined;
  readonly limits: RouteLimits;
  /** Whether `%2F` may stand in a path. */
  readonly encodedSlashes: boolean;
}

export interface RouteLimits {
  /** The largest request body, in bytes; one byte more is 413. */
  readonly bodyBytes: number;
}

/** What must be said of a route; the rest is that of one without a name, a service and steps. */
type Given = Pick<Route, "handler" | "limits"> & Partial<Omit<Route, "identity">>;

export function createRoute({
  name = "",
  pattern = "",
  handler,
  service = "",
  steps = [],
  servicePath,
  limits,
  encodedSlashes = false,
}: Given): Route {
  const identity = steps.map(({ policy }) => policy).find((policy) => policy instanceof IdentityStep);
  return { name, pattern, handler, service, steps, identity, servicePath, limits, encodedSlashes };
}
