import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/**
 * A check or change applied to the requests of a route. Hooks stay synchronous wherever they can: the pipeline only
 * waits when one returns a promise. A hook that throws is an internal error (500), logged once.
 */
export interface Policy {
  /** Before the handler. A reply answers now, and the handler is not asked. */
  request?(x: Exchange): Reply | void | Promise<Reply | void>;
  /** When the response's head is known, in reverse order; may change status and headers of `x.response`. */
  response?(x: Exchange): void | Promise<void>;
  /** Exactly once, when the exchange is over, aborted or not, if the request hook was reached. */
  done?(x: Exchange): void;
  close?(): void | Promise<void>;

  // What says who is calling is an authenticator, and no policy.
  readonly identify?: never;
}

/** What a policy does that is asked in two stages: all that is asked before it is known who is calling, and the rest behind that. */
export interface StagedPolicy {
  readonly entrance: Policy;
  readonly behind: Policy | undefined;
}
