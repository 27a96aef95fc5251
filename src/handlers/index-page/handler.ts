import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import type { GatewayView } from "../../contract/around.ts";
import { indexConfig } from "./schema.ts";

/** Lists the gateway's routes, so that the list cannot differ from what is there. */
export const indexHandler: HandlerKind<"index", typeof indexConfig> = {
  name: "index",
  summary: "Lists the gateway's routes: path, method, and whether a caller must be known.",
  config: indexConfig,
  refusals: [],
  create(_config, { gateway }): Handler {
    let reply: Reply | undefined;
    return { handle: () => (reply ??= listRoutes(gateway)) };
  },
};

function listRoutes(gateway: GatewayView): Reply {
  const endpoints = gateway
    .routes()
    .flatMap(({ path, methods, auth }) =>
      (methods.length === 0 ? ["*"] : methods).map((method) => ({ path, method, auth })),
    );
  return {
    status: 200,
    headers: ["content-type", "application/json"],
    body: JSON.stringify({ gateway: gateway.name, endpoints }),
  };
}
