import type { LimitConfig } from "./schema.ts";

/** The sizes that a config names; a claim may ask for any other one below its `max`. */
export function namedSizes({ limit }: LimitConfig): readonly number[] {
  if (typeof limit === "number") return [limit];
  return "claim" in limit ? [limit.default, limit.max] : [limit.default, ...Object.values(limit.plans)];
}

/** Whether the size can only be known once the caller is. */
export function sizeNeedsCaller({ limit }: LimitConfig): boolean {
  return typeof limit !== "number";
}
