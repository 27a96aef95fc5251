import type { Target } from "../target.ts";
import type { Balancer, BalancerKind } from "./balancer.ts";

export const roundRobin = {
  name: "round-robin",
  summary: "each target in turn.",
  create: (): Balancer => new RoundRobin(),
} as const satisfies BalancerKind;

/** The next in the ring of all targets: so one that is missing for a while shifts nobody's turn. */
class RoundRobin implements Balancer {
  #lastIndex = -1;

  choose(available: readonly Target[]): Target {
    let chosen = available[0]!;
    for (const target of available) {
      if (target.index <= this.#lastIndex) continue;
      chosen = target;
      break;
    }
    this.#lastIndex = chosen.index;
    return chosen;
  }
}
