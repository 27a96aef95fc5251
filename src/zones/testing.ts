import { bucketTicks, TokenBucket } from "./token-bucket.ts";

export const SEED: readonly [number, number] = [1, 2];

/** A bucket of `limit` in `windowMs`, with as fine ticks as it can have. */
export function bucket(limit: number, windowMs: number, burst = limit): TokenBucket {
  return new TokenBucket(limit, windowMs, burst, bucketTicks(limit, windowMs, burst));
}
