import type { Exchange } from "../../core/exchange.ts";
import type { Random } from "../../host/host.ts";
import type { Target } from "../target.ts";

/** Chooses the target of each attempt at one service, by facts alone: whether a target may be asked is not its business. */
export interface Balancer {
  /**
   * One of `available`: never empty, in the order of the config, with a target missing now and back later. It is called for
   * every attempt, and so allocates nothing.
   */
  choose(available: readonly Target[], x: Exchange): Target;
}

/** A way to balance that a config can name: what its schema, types and docs come from. */
export interface BalancerKind {
  /** As `balance` of a service names it. */
  readonly name: string;
  /** For the docs, behind the name and a colon. */
  readonly summary: string;
  /** The balancer of one service. */
  create(random: Random): Balancer;
}
