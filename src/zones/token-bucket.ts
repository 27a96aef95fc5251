/**
 * The numbers of a token bucket, chosen so that all arithmetic is on exact integers: a limit of 7 in a minute admits 7,
 * which a sum of seven times 8571.428... ms does not promise.
 *
 * A bucket's state is how much it lacks to be full, in units of which a token has `tokenUnits`, and the tick at which that was
 * so. Every tick gives back `unitsPerTick`. A bucket that lacks nothing is the same as no bucket at all.
 */
export interface TokenBucket {
  readonly capacityUnits: number;
  readonly tokenUnits: number;
  readonly unitsPerTick: number;
  readonly ticksPerMs: number;
}

/**
 * A bucket that holds `burst` tokens and refills `limit` tokens in `windowMs`, evenly; all three positive integers. Its
 * tick is a microsecond, or a millisecond where only that keeps the numbers exact (below 2^53). Throws a `RangeError` where
 * neither does.
 */
export function tokenBucket(limit: number, windowMs: number, burst: number): TokenBucket {
  for (const ticksPerMs of [1000, 1]) {
    const windowTicks = windowMs * ticksPerMs;
    const divisor = greatestCommonDivisor(windowTicks, limit);
    const tokenUnits = windowTicks / divisor;
    const capacityUnits = tokenUnits * burst;
    if (Number.isSafeInteger(capacityUnits + tokenUnits)) {
      return { capacityUnits, tokenUnits, unitsPerTick: limit / divisor, ticksPerMs };
    }
  }
  throw new RangeError(
    `a bucket of ${burst}, refilled by ${limit} in ${windowMs} ms, cannot be counted exactly`,
  );
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
