import type { Exchange } from "./exchange.ts";
import type { Handler } from "./handler.ts";
import type { Policy } from "./policy.ts";

/** A compiled route: two flat lists of hooks, made once, walked by every request. */
export interface Route {
  /** What logs and metrics call it: its `id`, or method and path as configured. */
  readonly name: string;
  /** The configured path with its group's prefix, as in `/api/v1/users/{id}`. */
  readonly pattern: string;
  readonly handler: Handler;
  /** The name of the service that answers; empty where the gateway does. */
  readonly service: string;
  /** Policies in the order in which requests meet them. */
  readonly policies: readonly Policy[];
  /** The path that a service gets, where it is not the request's own. */
  readonly servicePath: ((x: Exchange) => string) | undefined;
  readonly limits: RouteLimits;
  /** Whether `%2F` may stand in a path. */
  readonly encodedSlashes: boolean;
}

/** What must be said of a route; the rest is that of one without a name, a service and policies. */
type Given = Pick<Route, "handler" | "limits"> & Partial<Route>;

export function createRoute({
  name = "",
  pattern = "",
  handler,
  service = "",
  policies = [],
  servicePath,
  limits,
  encodedSlashes = false,
}: Given): Route {
  return { name, pattern, handler, service, policies, servicePath, limits, encodedSlashes };
}

export interface RouteLimits {
  /** The largest request body, in bytes; one byte more is 413. */
  readonly bodyBytes: number;
}
