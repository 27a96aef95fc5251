import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/**
 * A check or change applied to the requests of a route. Hooks stay synchronous wherever they can: the pipeline only
 * waits when one returns a promise. A hook that throws is an internal error (500), logged once.
 */
export interface Policy {
  /**
   * Of a policy that establishes who is calling: whether the request bears a credential of its kind, good or bad. Where it does
   * not, `request` answers at once, with the challenge of its scheme. Such a policy has no hooks but these two.
   */
  bears?(x: Exchange): boolean;
  /**
   * Of such a policy: the challenges (RFC 9110, 11.6.1) by which a request without a credential is told what it may bear, as values of
   * `WWW-Authenticate`. Where credentials are optional, they are for whoever then finds that one is needed.
   */
  readonly challenges?: readonly string[];
  /** Before the handler. A reply answers now, and the handler is not asked. */
  request?(x: Exchange): Reply | void | Promise<Reply | void>;
  /** When the response's head is known, in reverse order; may change status and headers of `x.response`. */
  response?(x: Exchange): void | Promise<void>;
  /** Exactly once, when the exchange is over, aborted or not, if the request hook was reached. */
  done?(x: Exchange): void;
  /** What it does once all policies that ask who is calling have been passed: a policy of its own, behind them. */
  readonly onceCallerIsKnown?: Policy;
  close?(): void | Promise<void>;
}
