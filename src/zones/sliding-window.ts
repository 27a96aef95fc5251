import type { LimitRule, Outcome } from "./limit-rule.ts";

/** Positions in a state: the number of a window, and what was taken in it and in the one before, in one number. */
const WINDOW = 0;
const COUNTS = 1;

/** What both counts fit below, in 53 bits. */
const COUNT_RANGE = 2 ** 26;

/** The largest limit: what is charged behind a response may take a count to twice as much. */
export const MAX_SLIDING_LIMIT = COUNT_RANGE / 2 - 1;

/**
 * A sliding window that is estimated from two counts, as Cloudflare's: what was taken in the present window, and as much of what
 * was taken in the one before as of that is still in view. Two numbers a key, whatever the limit; exact where requests come
 * evenly, and never more than the limit in the present window.
 */
export class SlidingWindow implements LimitRule {
  readonly ticksPerMs = 1;
  readonly stateSize = 2;
  readonly #limit: number;
  readonly #ticks: number;
  /** Of the state that was read last, moved to the present window. */
  #window = 0;
  #before = 0;
  #count = 0;
  #elapsed = 0;

  /** `limit` at most `MAX_SLIDING_LIMIT`, and `limit * windowMs` below 2^52. */
  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#ticks = windowMs;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    this.#read(state, at, now);
    const ticks = this.#ticks;
    const admitted =
      this.#before * (ticks - this.#elapsed) + (this.#count + cost) * ticks <= this.#limit * ticks;
    if (admitted) {
      this.#count += cost;
      this.#write(state, at);
    }
    this.#tell(outcome);
    if (!admitted) outcome.waitTicks = this.#wait(cost);
    return admitted;
  }

  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void {
    this.#read(state, at, now);
    this.#count = Math.min(COUNT_RANGE - 1, this.#count + cost);
    this.#write(state, at);
    this.#tell(outcome);
  }

  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    takenAt: number,
    outcome: Outcome,
  ): void {
    this.#read(state, at, now);
    const window = Math.floor(takenAt / this.#ticks);
    if (window >= this.#window) this.#count = Math.max(0, this.#count - cost);
    else if (window === this.#window - 1) this.#before = Math.max(0, this.#before - cost);
    this.#write(state, at);
    this.#tell(outcome);
  }

  #read(state: Float64Array, at: number, now: number): void {
    const window = Math.floor(now / this.#ticks);
    const stored = state[at + WINDOW]!;
    const counts = state[at + COUNTS]!;
    const before = Math.floor(counts / COUNT_RANGE);
    const count = counts % COUNT_RANGE;
    // A clock that was read before the window began sees its beginning.
    this.#window = Math.max(window, stored);
    this.#elapsed = Math.max(0, now - this.#window * this.#ticks);
    this.#before = window <= stored ? before : window === stored + 1 ? count : 0;
    this.#count = window <= stored ? count : 0;
  }

  #write(state: Float64Array, at: number): void {
    state[at + WINDOW] = this.#window;
    state[at + COUNTS] = this.#before * COUNT_RANGE + this.#count;
  }

  #tell(outcome: Outcome): void {
    const ticks = this.#ticks;
    const free = (this.#limit - this.#count) * ticks - this.#before * (ticks - this.#elapsed);
    outcome.remaining = Math.max(0, Math.floor(free / ticks));
    const windows = this.#count > 0 ? 2 : this.#before > 0 ? 1 : 0;
    outcome.untilTick = (this.#window + windows) * ticks;
    outcome.waitTicks = 0;
  }

  /** Ticks until `cost` is there if nothing else is taken. */
  #wait(cost: number): number {
    const ticks = this.#ticks;
    const room = this.#limit - cost;
    if (room < 0) return Infinity;
    if (this.#count <= room) return fades(this.#before, room - this.#count, ticks) - this.#elapsed;
    return ticks - this.#elapsed + fades(this.#count, room, ticks);
  }
}

/** Ticks into a window after which of `count` in the window before no more than `room` are in view. */
function fades(count: number, room: number, ticks: number): number {
  return Math.max(0, Math.ceil(((count - room) * ticks) / count));
}
