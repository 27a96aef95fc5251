import type { Handler } from "../core/handler.ts";
import { METHOD_NOT_ALLOWED, NOT_FOUND } from "../core/refusals.ts";
import { refuse } from "../core/reply.ts";

/** Answers what no route matches. */
export const notFoundHandler: Handler = { handle: () => refuse(NOT_FOUND) };

/** Answers `OPTIONS *`, which asks about the server as a whole (RFC 9110, 9.3.7). */
export const serverOptionsHandler: Handler = { handle: () => ({ status: 204 }) };

/** Answers a path that exists with a method that does not: what OPTIONS asks, and what others may not. */
export function methodNotAllowedHandler(allow: readonly string[]): Handler {
  const headers = ["allow", allow.join(", ")];
  return {
    handle: (x) =>
      x.request.method === "OPTIONS" ? { status: 204, headers } : refuse(METHOD_NOT_ALLOWED, { headers }),
  };
}
