import { NO_PARAMS } from "../core/exchange.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Handler } from "../core/handler.ts";
import { refuse } from "../core/reply.ts";
import type { Route } from "../core/route.ts";
import { AMBIGUOUS_PATH } from "../http/refusals.ts";
import type { Router } from "../router/router.ts";

const ambiguousPathHandler: Handler = { handle: () => refuse(AMBIGUOUS_PATH) };

/**
 * Refuses `%2F` where the route of `x` does not take it, and also where a service that decodes it would see a path with
 * policies that this route does not have.
 */
export function checkEncodedSlashes(x: Exchange, router: Router<Route>, unrouted: Route): void {
  const { path } = x.request;
  if (!path.includes("%2F")) return;
  const { route } = x;
  if (route.encodedSlashes) {
    const decoded = router.match({ ...x.request, path: path.replaceAll("%2F", "/") });
    if (decoded.value === undefined) return;
    if (decoded.value.policies.every((policy) => route.policies.includes(policy))) return;
  }
  x.route = unrouted;
  x.handler = ambiguousPathHandler;
  x.params = NO_PARAMS;
}
