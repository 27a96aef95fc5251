import type { Ledger } from "./ledger.ts";
import type { LimitRule, Outcome } from "./limit-rule.ts";

/** How much may be under way at once: what was taken stays taken until it is given back, by whoever has taken it or its ledger. */
export class Concurrency implements LimitRule {
  readonly ticksPerMs = 1;
  readonly stateSize = 1;
  readonly #limit: number;
  readonly #ledger: Ledger | undefined;

  constructor(limit: number, ledger?: Ledger) {
    this.#limit = limit;
    this.#ledger = ledger;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    const count = state[at]! + cost;
    if (count > this.#limit) {
      this.#tell(state[at]!, now, outcome);
      // Nobody knows when a request ends.
      outcome.waitTicks = cost > this.#limit ? Infinity : 1;
      return false;
    }
    this.#tell(count, now, outcome);
    const ledger = this.#ledger;
    // Nothing is called in between: a thread that dies has written both or neither.
    state[at] = count;
    if (ledger !== undefined) ledger.words[ledger.entry] = ledger.table;
    return true;
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
    this.#tell(count, now, outcome);
    const ledger = this.#ledger;
    state[at] = count;
    if (ledger !== undefined) ledger.words[ledger.entry] = 0;
  }

  #tell(count: number, now: number, outcome: Outcome): void {
    outcome.remaining = Math.max(0, this.#limit - count);
    outcome.untilTick = count === 0 ? now : Infinity;
    outcome.waitTicks = 0;
  }
}
