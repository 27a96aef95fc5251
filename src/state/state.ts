import type { Ledger } from "../zones/ledger.ts";
import type { LimitRule } from "../zones/limit-rule.ts";
import type { LimitTable } from "../zones/limit-table.ts";
import type { RevocationTable } from "../zones/revocation-table.ts";

/** What tells a state from others: words, numbers, and parts of a config that decide what the state means. */
export type StateName = readonly unknown[];

/**
 * What is kept while configs come and go, as it is found from one place of a config: by that place, a name and a shape. What is
 * asked for anew by the same is what was there before; by another, it begins with nothing.
 */
export interface State {
  /** The number of this thread: no other living one of the process has it. */
  readonly thread: number;
  /** Where this thread notes what it holds; undefined where nobody could give it back, because all ends with this thread. */
  readonly ledger: Ledger | undefined;
  /** The counts of a limit of this place, in memory that all threads share. */
  limitTable(name: StateName, maxKeys: number, rule: Pick<LimitRule, "stateSize" | "ticksPerMs">): LimitTable;
  /** What was revoked in a zone, for all places, in memory that all threads share. */
  revocationTable(zone: string, entries: number): RevocationTable;
  /** Something of this place and thread alone; `close` is called when nobody needs it any more. */
  own<T>(name: StateName, make: () => T, close?: (value: T) => void): T;
  /** The same, for all places together. */
  common<T>(name: StateName, make: () => T, close?: (value: T) => void): T;
}
