import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import type { HandlerKind, Surroundings } from "../kind.ts";
import { indexConfig } from "./schema.ts";

/** Lists the gateway's routes, so that the list cannot differ from what is there. */
export const indexHandler: HandlerKind<"index", typeof indexConfig> = {
  name: "index",
  summary: "Lists the gateway's routes: path, method, and whether a caller must be known.",
  config: indexConfig,
  refusals: [],
  create(_config, surroundings): Handler {
    let reply: Reply | undefined;
    return { handle: () => (reply ??= listRoutes(surroundings)) };
  },
};

function listRoutes(surroundings: Surroundings): Reply {
  const endpoints = surroundings
    .routes()
    .flatMap(({ path, methods, auth }) =>
      (methods.length === 0 ? ["*"] : methods).map((method) => ({ path, method, auth })),
    );
  return {
    status: 200,
    headers: ["content-type", "application/json"],
    body: JSON.stringify({ gateway: surroundings.gatewayName, endpoints }),
  };
}
