import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/** What answers a route. */
export interface Handler {
  /** Of a handler that checks credentials itself: whether the request bears one, good or bad. */
  bears?(x: Exchange): boolean;
  /**
   * Answers `x`: with a reply, or, when nothing is returned, later through `core/respond.ts` (a service's answer as it comes).
   * A rejected promise or a throw is an internal error (500).
   */
  handle(x: Exchange): Reply | void | Promise<Reply>;
}
