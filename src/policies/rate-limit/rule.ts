import { ConfigMistake } from "../../lib/config-mistake.ts";
import { Concurrency } from "../../zones/concurrency.ts";
import type { Ledger } from "../../zones/ledger.ts";
import { endOfDay, endOfMonth, FixedWindow, windowsOf } from "../../zones/fixed-window.ts";
import type { LimitRule } from "../../zones/limit-rule.ts";
import { SlidingLog } from "../../zones/sliding-log.ts";
import { MAX_SLIDING_LIMIT, SlidingWindow } from "../../zones/sliding-window.ts";
import { bucketTicks, TokenBucket } from "../../zones/token-bucket.ts";
import type { LimitConfig } from "./schema.ts";
import { namedSizes } from "./named-sizes.ts";

const MAX_LOG_LIMIT = 10_000;
const DAY_MS = 86_400_000;

/** How a config's algorithm counts a limit of any size up to the largest. */
export interface Counting {
  rule(limit: number): LimitRule;
  /** What clients are told of the window, in milliseconds; 0: nothing. */
  readonly windowMs: number;
  /** Whether time is that of the calendar. */
  readonly byWallClock: boolean;
  /** Whether what was taken is given back at the end of the request. */
  readonly untilEnd: boolean;
  /** What decides what the states of keys mean: with another, the counts begin anew. */
  readonly shape: readonly unknown[];
}

/** Chooses the rule that the config asks for; throws a `ConfigMistake` for what does not go together. */
export function countingOf(config: LimitConfig, ledger?: Ledger): Counting {
  checkFields(config);
  const sizes = namedSizes(config);
  const largest = Math.max(...sizes);
  const { algorithm, burst, period } = config;
  const windowMs = config.window ?? 0;
  const shape = [algorithm, windowMs, period];
  const plain = { windowMs, byWallClock: false, untilEnd: false, shape };
  switch (algorithm) {
    case "token-bucket":
    case "gcra": {
      const burstOf = (limit: number): number => burst ?? (algorithm === "gcra" ? 1 : limit);
      const ticks = Math.min(...sizes.map((size) => exactTicks(config, size, burstOf(size))));
      return {
        ...plain,
        rule: (limit) => new TokenBucket(limit, windowMs, burstOf(limit), ticks),
        // Its states count in fractions of a token; all others say how many were taken.
        shape: [...shape, config.limit, burst],
      };
    }
    case "sliding-window":
      if (largest > MAX_SLIDING_LIMIT || !Number.isSafeInteger(2 * largest * windowMs)) {
        throw new ConfigMistake(
          `a sliding window of ${largest} in ${windowMs} ms cannot be counted exactly`,
          ["limit"],
          `take a limit of at most ${MAX_SLIDING_LIMIT}, or a shorter window`,
        );
      }
      return { ...plain, rule: (limit) => new SlidingWindow(limit, windowMs) };
    case "sliding-log":
      if (largest > MAX_LOG_LIMIT) {
        throw new ConfigMistake(
          `a log of ${largest} requests for each key takes too much memory; at most ${MAX_LOG_LIMIT}`,
          ["limit"],
          "take sliding-window, which needs two numbers for each key",
        );
      }
      return { ...plain, rule: (limit) => new SlidingLog(limit, windowMs, largest) };
    case "fixed-window":
      return { ...plain, rule: (limit) => new FixedWindow(limit, windowsOf(windowMs)) };
    case "quota": {
      const endOf = period === "month" ? endOfMonth : endOfDay;
      // Months differ in length, and the draft's window is a number of seconds: the time until the end of it says more.
      const told = period === "month" ? 0 : DAY_MS;
      return {
        windowMs: told,
        byWallClock: true,
        untilEnd: false,
        shape,
        rule: (limit) => new FixedWindow(limit, endOf),
      };
    }
    default:
      return { ...plain, untilEnd: true, rule: (limit) => new Concurrency(limit, ledger) };
  }
}

function checkFields(config: LimitConfig): void {
  const { algorithm, window, period, burst, cost } = config;
  const windowless = algorithm === "quota" || algorithm === "concurrency";
  if (!windowless && window === undefined) {
    throw new ConfigMistake(`${algorithm} needs a window`, ["window"], "add one, such as window: 1m");
  }
  if (windowless && window !== undefined) {
    const hint = algorithm === "quota" ? "say period: day or period: month" : "leave it out";
    throw new ConfigMistake(`${algorithm} has no window`, ["window"], hint);
  }
  if (algorithm === "quota" && period === undefined) {
    throw new ConfigMistake("a quota needs a period", ["period"], "add period: day or period: month");
  }
  if (algorithm !== "quota" && period !== undefined) {
    throw new ConfigMistake("only a quota has a period", ["period"], "add algorithm: quota, or use window");
  }
  if (burst !== undefined && algorithm !== "token-bucket" && algorithm !== "gcra") {
    throw new ConfigMistake(
      `${algorithm} has no burst: it admits up to its limit at once`,
      ["burst"],
      "leave it out, or take token-bucket",
    );
  }
  if (typeof cost === "object" && (algorithm === "concurrency" || algorithm === "sliding-log")) {
    throw new ConfigMistake(
      `${algorithm} cannot take more at the end of a request`,
      ["cost", "responseHeader"],
      "say a number, or take token-bucket",
    );
  }
}

function exactTicks(config: LimitConfig, size: number, burst: number): number {
  const windowMs = config.window!;
  // Of limits that nobody knows beforehand, none need divide the window.
  const worst = typeof config.limit === "object" && "claim" in config.limit;
  try {
    if (!worst) return bucketTicks(size, windowMs, burst);
    if (Number.isSafeInteger(2 * windowMs * (burst + 1))) return 1;
    throw new RangeError(`a bucket of up to ${burst} in ${windowMs} ms cannot be counted exactly`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigMistake(error.message, ["limit"], "take rounder numbers, or a shorter window");
  }
}
