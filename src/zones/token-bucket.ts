import type { LimitRule, Outcome } from "./limit-rule.ts";

/** Positions in a state: units that the bucket lacks to be full, at a tick. */
const MISSING = 0;
const TICK = 1;

/**
 * A token bucket, and GCRA, which decides the same (ITU-T I.371, annex A): `burst` tokens, of which `limit` come back in each window,
 * evenly. The numbers are chosen so that all arithmetic is on exact integers: a limit of 7 in a minute admits 7,
 * which a sum of seven times 8571.428... ms does not promise. A token has `tokenUnits`, and every tick gives back `unitsPerTick`.
 */
export class TokenBucket implements LimitRule {
  readonly ticksPerMs: number;
  readonly stateSize = 2;
  readonly #capacityUnits: number;
  readonly #tokenUnits: number;
  readonly #unitsPerTick: number;

  /** All positive integers; see `bucketTicks` for `ticksPerMs`. */
  constructor(limit: number, windowMs: number, burst: number, ticksPerMs: number) {
    const windowTicks = windowMs * ticksPerMs;
    const divisor = greatestCommonDivisor(windowTicks, limit);
    this.ticksPerMs = ticksPerMs;
    this.#tokenUnits = windowTicks / divisor;
    this.#capacityUnits = this.#tokenUnits * burst;
    this.#unitsPerTick = limit / divisor;
  }

  take(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): boolean {
    const tick = Math.max(now, state[at + TICK]!);
    const missing = this.#missing(state, at, tick);
    const wanted = missing + cost * this.#tokenUnits;
    if (wanted <= this.#capacityUnits) {
      this.#set(state, at, tick, wanted, outcome);
      return true;
    }
    this.#tell(tick, missing, outcome);
    outcome.waitTicks =
      cost * this.#tokenUnits > this.#capacityUnits
        ? Infinity
        : (wanted - this.#capacityUnits) / this.#unitsPerTick;
    return false;
  }

  charge(state: Float64Array, at: number, now: number, cost: number, outcome: Outcome): void {
    const tick = Math.max(now, state[at + TICK]!);
    this.#set(state, at, tick, this.#missing(state, at, tick) + cost * this.#tokenUnits, outcome);
  }

  /** What has refilled since was refilled in either case, and a full bucket cannot have been any fuller. */
  giveBack(
    state: Float64Array,
    at: number,
    now: number,
    cost: number,
    _takenAt: number,
    outcome: Outcome,
  ): void {
    const tick = Math.max(now, state[at + TICK]!);
    const missing = this.#missing(state, at, tick) - cost * this.#tokenUnits;
    this.#set(state, at, tick, Math.max(0, missing), outcome);
  }

  #missing(state: Float64Array, at: number, tick: number): number {
    return Math.max(0, state[at + MISSING]! - (tick - state[at + TICK]!) * this.#unitsPerTick);
  }

  #set(state: Float64Array, at: number, tick: number, missing: number, outcome: Outcome): void {
    state[at + TICK] = tick;
    state[at + MISSING] = missing;
    this.#tell(tick, missing, outcome);
  }

  #tell(tick: number, missing: number, outcome: Outcome): void {
    outcome.remaining = Math.max(0, Math.floor((this.#capacityUnits - missing) / this.#tokenUnits));
    outcome.untilTick = tick + missing / this.#unitsPerTick;
    outcome.waitTicks = 0;
  }
}

/**
 * The ticks in a millisecond with which buckets of up to `limit` and `burst` can be counted exactly, whatever divides what:
 * 1000, or 1 where only that keeps the numbers below 2^53. Throws a `RangeError` where neither does.
 */
export function bucketTicks(limit: number, windowMs: number, burst: number): number {
  for (const ticksPerMs of [1000, 1]) {
    // Twice the burst: what is charged at the end of a request may exceed it.
    const tokenUnits = windowMs * ticksPerMs;
    const divided = tokenUnits / greatestCommonDivisor(tokenUnits, limit);
    if (Number.isSafeInteger(2 * divided * (burst + 1))) return ticksPerMs;
  }
  throw new RangeError(
    `a bucket of ${burst}, refilled by ${limit} in ${windowMs} ms, cannot be counted exactly`,
  );
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
