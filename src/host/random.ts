import { randomBytes } from "node:crypto";
import type { Random } from "./host.ts";

const POOL_BYTES = 4096;
let pool = "";
let used = 0;

/** The machine's randomness. Ids are cut from a pool: one call to the system for a hundred requests. */
export const systemRandom: Random = {
  hex(length) {
    if (used + length > pool.length) {
      pool = randomBytes(Math.max(POOL_BYTES, length)).toString("hex");
      used = 0;
    }
    used += length;
    return pool.slice(used - length, used);
  },
  fraction: () => Math.random(),
};
