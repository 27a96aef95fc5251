/** What a decision of a limit costs, by rule, with a few keys and with a million, and how much memory a key takes. */
import { parseArgs } from "node:util";
import { systemClock } from "../src/host/clock.ts";
import { Concurrency } from "../src/zones/concurrency.ts";
import { endOfDay, FixedWindow, windowsOf } from "../src/zones/fixed-window.ts";
import { KeyedHash } from "../src/zones/keyed-hash.ts";
import type { LimitRule } from "../src/zones/limit-rule.ts";
import { LimitTable } from "../src/zones/limit-table.ts";
import { SlidingLog } from "../src/zones/sliding-log.ts";
import { SlidingWindow } from "../src/zones/sliding-window.ts";
import { TokenBucket } from "../src/zones/token-bucket.ts";
import { median, medianOfRatios } from "./measure/statistics.ts";

const HELP = `Usage: npm run bench:limits -- [options]

Measures one decision of a limit in a zone table, key hashed anew, in interleaved rounds, in about half a minute.

Options:
  --rounds <n>  measured rounds (default 9)
  --help        this text

Examples:
  npm run bench:limits
  npm run bench:limits -- --rounds 3
`;

const FEW = 1000;
const MANY = 1_000_000;
const DECISIONS = 400_000;
const LIMIT = 5;

interface Case {
  readonly what: string;
  readonly rule: LimitRule;
  readonly givesBack: boolean;
}

const cases: readonly Case[] = [
  { what: "token-bucket, gcra", rule: new TokenBucket(LIMIT, 60_000, LIMIT, 1000), givesBack: false },
  { what: "sliding-window", rule: new SlidingWindow(LIMIT, 60_000), givesBack: false },
  { what: "sliding-log", rule: new SlidingLog(LIMIT, 60_000), givesBack: false },
  { what: "fixed-window", rule: new FixedWindow(LIMIT, windowsOf(60_000)), givesBack: false },
  { what: "quota", rule: new FixedWindow(LIMIT, endOfDay), givesBack: false },
  { what: "concurrency, taken and given back", rule: new Concurrency(LIMIT), givesBack: true },
];

class Measured {
  readonly what: string;
  readonly few: number[] = [];
  readonly many: number[] = [];
  readonly bytesPerKey: number;
  readonly #rule: LimitRule;
  readonly #givesBack: boolean;
  readonly #table: LimitTable;
  readonly #hash: KeyedHash;
  #at = 0;

  constructor({ what, rule, givesBack }: Case) {
    this.what = what;
    this.#rule = rule;
    this.#givesBack = givesBack;
    this.#table = LimitTable.create(MANY, rule.stateSize, [0x12345678, 0x0abcdef1]);
    this.#hash = new KeyedHash(...this.#table.seed);
    this.bytesPerKey = this.#table.buffer.byteLength / MANY;
    this.#decide(MANY, MANY);
  }

  measure(): void {
    this.few.push(this.#time(FEW));
    this.many.push(this.#time(MANY));
  }

  /** Nanoseconds for a decision. */
  #time(keys: number): number {
    const beganMs = systemClock.now();
    this.#decide(keys, DECISIONS);
    return ((systemClock.now() - beganMs) * 1e6) / DECISIONS;
  }

  #decide(keys: number, times: number): void {
    const hash = this.#hash;
    const nowMs = systemClock.wall();
    for (let i = 0; i < times; i++) {
      // Far apart, so that no key is near the one before it in memory.
      this.#at = (this.#at + 7919) % keys;
      hash.begin();
      hash.number(4);
      hash.number(this.#at);
      hash.end();
      const verdict = this.#table.take(hash.high, hash.low, nowMs, this.#rule);
      if (this.#givesBack && verdict === "admitted")
        this.#table.giveBack(hash.high, hash.low, nowMs, this.#rule, 1, nowMs);
    }
  }
}

function main(): number {
  const { values } = parseArgs({ options: { rounds: { type: "string" }, help: { type: "boolean" } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const rounds = Number(values.rounds ?? 9);
  if (!Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(HELP);
    return 2;
  }
  const all = cases.map((one) => new Measured(one));
  for (let round = 0; round <= rounds; round++) for (const one of all) one.measure();
  process.stdout.write(`medians of ${rounds} rounds, ${FEW} and ${MANY} keys\n`);
  for (const { what, few, many, bytesPerKey } of all) {
    // The first round warms up.
    const [small, large] = [few.slice(1), many.slice(1)];
    process.stdout.write(
      `${what.padEnd(36)} ${median(small).toFixed(0).padStart(4)} ns and ${median(large).toFixed(0).padStart(4)} ns, ` +
        `ratio ${medianOfRatios(large, small).toFixed(2)}; ${bytesPerKey.toFixed(1)} bytes a key\n`,
    );
  }
  return 0;
}

process.exitCode = main();
