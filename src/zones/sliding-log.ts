import type { LimitRule, Outcome } from "./limit-rule.ts";

/** Positions in a state: how many entries the log has, where the oldest stands, and then the ring of their ticks. */
const LENGTH = 0;
const OLDEST = 1;
const RING = 2;

/**
 * An exact sliding window: a log of when everything was taken, so that no window of that length, wherever it begins, holds more
 * than the limit. It costs eight bytes for each unit of the limit and key.
 */
export class SlidingLog implements LimitRule {
  readonly ticksPerMs = 1;
  readonly stateSize: number;
  readonly #limit: number;
  readonly #ticks: number;

  constructor(limit: number, windowMs: number, largestLimit = limit) {
    this.#limit = limit;
    this.#ticks = windowMs;
    this.stateSize = RING + largestLimit;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    const tick = this.#forget(state, at, now);
    const length = state[at + LENGTH]!;
    const admitted = length + cost <= this.#limit;
    if (admitted) {
      for (let i = 0; i < cost; i++) state[this.#place(state, at, length + i)] = tick;
      state[at + LENGTH] = length + cost;
    }
    this.#tell(state, at, tick, outcome);
    if (!admitted) {
      const last = length + cost - this.#limit - 1;
      outcome.waitTicks =
        cost > this.#limit ? Infinity : state[this.#place(state, at, last)]! + this.#ticks - tick;
    }
    return admitted;
  }

  /** As much of it as the log has room for. */
  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void {
    const tick = this.#forget(state, at, now);
    this.take(state, at, tick, Math.min(cost, this.#limit - state[at + LENGTH]!), outcome);
  }

  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    takenAt: number,
    outcome: Outcome,
  ): void {
    const tick = this.#forget(state, at, now);
    let length = state[at + LENGTH]!;
    let left = cost;
    for (let i = length - 1; i >= 0 && left > 0; i--) {
      const entry = state[this.#place(state, at, i)]!;
      // A take may have been noted a little later than its own clock said, never earlier.
      if (entry < takenAt) break;
      for (let next = i; next < length - 1; next++)
        state[this.#place(state, at, next)] = state[this.#place(state, at, next + 1)]!;
      length--;
      left--;
    }
    state[at + LENGTH] = length;
    this.#tell(state, at, tick, outcome);
  }

  /** Drops what is out of view, and returns the present tick, which is never before the newest entry. */
  #forget(state: Float64Array, at: number, now: number): number {
    let length = state[at + LENGTH]!;
    if (length === 0) return now;
    const tick = Math.max(now, state[this.#place(state, at, length - 1)]!);
    let oldest = state[at + OLDEST]!;
    while (length > 0 && tick - state[at + RING + oldest]! >= this.#ticks) {
      oldest = (oldest + 1) % (this.stateSize - RING);
      length--;
    }
    state[at + OLDEST] = oldest;
    state[at + LENGTH] = length;
    return tick;
  }

  #place(state: Float64Array, at: number, index: number): number {
    return at + RING + ((state[at + OLDEST]! + index) % (this.stateSize - RING));
  }

  #tell(state: Float64Array, at: number, tick: number, outcome: Outcome): void {
    const length = state[at + LENGTH]!;
    outcome.remaining = this.#limit - length;
    outcome.untilTick = length === 0 ? tick : state[this.#place(state, at, length - 1)]! + this.#ticks;
    outcome.waitTicks = 0;
  }
}
