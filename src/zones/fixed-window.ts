import type { LimitRule, Outcome } from "./limit-rule.ts";

/** Positions in a state: the tick at which the window ends, and what was taken in it. */
const END = 0;
const COUNT = 1;

/** Says when a window ends that has begun at a tick. */
export type WindowEnd = (now: number) => number;

/** `limit` in each window; a window begins with the first request after the last one, or with the calendar's period. */
export class FixedWindow implements LimitRule {
  readonly ticksPerMs = 1;
  readonly stateSize = 2;
  readonly #limit: number;
  readonly #endOf: WindowEnd;

  constructor(limit: number, endOf: WindowEnd) {
    this.#limit = limit;
    this.#endOf = endOf;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    const open = state[at + END]! > now;
    const count = open ? state[at + COUNT]! : 0;
    const end = open ? state[at + END]! : this.#endOf(now);
    const admitted = count + cost <= this.#limit;
    if (admitted) {
      state[at + COUNT] = count + cost;
      state[at + END] = end;
    }
    this.#tell(count + (admitted ? cost : 0), end, outcome);
    if (!admitted) outcome.waitTicks = cost > this.#limit ? Infinity : end - now;
    return admitted;
  }

  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void {
    const open = state[at + END]! > now;
    const count = (open ? state[at + COUNT]! : 0) + cost;
    const end = open ? state[at + END]! : this.#endOf(now);
    state[at + COUNT] = count;
    state[at + END] = end;
    this.#tell(count, end, outcome);
  }

  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    takenAt: number,
    outcome: Outcome,
  ): void {
    const end = state[at + END]!;
    const open = end > now;
    let count = open ? state[at + COUNT]! : 0;
    // Else it was taken in a window that is over, and the present one has never counted it.
    if (open && this.#endOf(takenAt) >= end) {
      count = Math.max(0, count - cost);
      state[at + COUNT] = count;
      // With nothing in it, it has not begun.
      if (count === 0) state[at + END] = 0;
    }
    this.#tell(count, count === 0 ? now : end, outcome);
  }

  #tell(count: number, end: number, outcome: Outcome): void {
    outcome.remaining = Math.max(0, this.#limit - count);
    outcome.untilTick = end;
    outcome.waitTicks = 0;
  }
}

/** Windows of one length, in ticks. */
export function windowsOf(ticks: number): WindowEnd {
  return (now) => now + ticks;
}

/** Days of UTC; a tick is a millisecond of the wall clock. */
export const endOfDay: WindowEnd = (now) => (Math.floor(now / 86_400_000) + 1) * 86_400_000;

/** Calendar months of UTC; a tick is a millisecond of the wall clock. */
export const endOfMonth: WindowEnd = (now) => {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
};
