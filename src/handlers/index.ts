import { fetchHandler } from "./fetch/handler.ts";
import { healthHandler } from "./health/handler.ts";
import { indexHandler } from "./index-page/handler.ts";
import { jwksHandler } from "./jwks/handler.ts";
import type { HandlerKind } from "../contract/handler-kind.ts";
import { redirectHandler } from "./redirect/handler.ts";
import { respondHandler } from "./respond/handler.ts";
import { revokeHandler } from "./revoke/handler.ts";
import { tokenHandler } from "./token/handler.ts";

/** Every kind of handler that a route can name under `handler`; a service is named under `service`. */
export const handlerKinds = [
  respondHandler,
  redirectHandler,
  fetchHandler,
  healthHandler,
  indexHandler,
  tokenHandler,
  jwksHandler,
  revokeHandler,
] as const satisfies readonly HandlerKind[];
