/**
 * How a limit of one size counts: pure arithmetic on the state of one key, in ticks of time and whole numbers below 2^53, so
 * that nothing is ever rounded. A state is two numbers or more in a table's memory, all zero for a key that was never seen.
 */
export interface LimitRule {
  /** Ticks of the rule's time in a millisecond. All rules of one table have the same. */
  readonly ticksPerMs: number;
  /** How many numbers a state has. */
  readonly stateSize: number;
  /**
   * Takes `cost` if all of it is there at the tick `now`, else nothing and changes nothing. Either way `outcome` says what is
   * left. `now` may lie a little before that of the last call: clocks of threads are read at about the same time.
   */
  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean;
  /** Takes `cost` whether it is there or not: what a request has cost is sometimes only known at its end. */
  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void;
  /** Undoes a `take` of `cost` at the tick `takenAt`: as far as it still counts at `now`, as if it had not been. */
  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    takenAt: number,
    outcome: Outcome,
  ): void;
}

/** What a rule says of a key besides yes and no. */
export interface Outcome {
  /** Whole units that may be taken at once now. */
  remaining: number;
  /** The tick from which on the state says no more than an empty one. */
  untilTick: number;
  /** Ticks until what was asked for may be there; 0 when it was taken, `Infinity` when it never will be. */
  waitTicks: number;
}
