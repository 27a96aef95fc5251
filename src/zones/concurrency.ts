import type { LimitRule, Outcome } from "./limit-rule.ts";

/** How much may be under way at once: what was taken stays taken until it is given back. */
export class Concurrency implements LimitRule {
  readonly ticksPerMs = 1;
  readonly stateSize = 1;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    const admitted = state[at]! + cost <= this.#limit;
    if (admitted) state[at] = state[at]! + cost;
    this.#tell(state[at]!, now, outcome);
    // Nobody knows when a request ends.
    if (!admitted) outcome.waitTicks = cost > this.#limit ? Infinity : 1;
    return admitted;
  }

  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void {
    const count = state[at]! + cost;
    state[at] = count;
    this.#tell(count, now, outcome);
  }

  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    _takenAt: number,
    outcome: Outcome,
  ): void {
    const count = Math.max(0, state[at]! - cost);
    state[at] = count;
    this.#tell(count, now, outcome);
  }

  #tell(count: number, now: number, outcome: Outcome): void {
    outcome.remaining = Math.max(0, this.#limit - count);
    outcome.untilTick = count === 0 ? now : Infinity;
    outcome.waitTicks = 0;
  }
}
