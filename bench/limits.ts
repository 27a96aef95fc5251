/** What a decision of a limit costs, by rule, with a few keys, with a million, and for ever new ones, and what memory a key takes. */
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

Measures one decision of a limit in a zone table, key hashed anew: of a thousand keys and of a million that are
known, in interleaved rounds, and of keys that come once, after three times as many as there is room for have come and
gone. It takes about half a minute.

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
/** Keys that come once before it is measured what the next ones cost. */
const PAST_KEYS = 6_000_000;
const LIMIT = 5;

interface Case {
  readonly what: string;
  readonly rule: LimitRule;
  readonly givesBack: boolean;
  /** For how long one decision leaves a state, at most. */
  readonly lastsMs: number;
}

const cases: readonly Case[] = [
  {
    what: "token-bucket, gcra",
    rule: new TokenBucket(LIMIT, 60_000, LIMIT, 1000),
    givesBack: false,
    lastsMs: 12_000,
  },
  { what: "sliding-window", rule: new SlidingWindow(LIMIT, 60_000), givesBack: false, lastsMs: 120_000 },
  { what: "sliding-log", rule: new SlidingLog(LIMIT, 60_000), givesBack: false, lastsMs: 60_000 },
  {
    what: "fixed-window",
    rule: new FixedWindow(LIMIT, windowsOf(60_000)),
    givesBack: false,
    lastsMs: 60_000,
  },
  { what: "quota", rule: new FixedWindow(LIMIT, endOfDay), givesBack: false, lastsMs: 86_400_000 },
  { what: "concurrency, taken and given back", rule: new Concurrency(LIMIT), givesBack: true, lastsMs: 1 },
];

class Measured {
  readonly what: string;
  readonly few: number[] = [];
  readonly many: number[] = [];
  readonly fresh: number[] = [];
  readonly bytesPerKey: number;
  readonly #rule: LimitRule;
  readonly #givesBack: boolean;
  readonly #lastsMs: number;
  readonly #table: LimitTable;
  readonly #hash: KeyedHash;
  #at = 0;

  constructor({ what, rule, givesBack, lastsMs }: Case) {
    this.what = what;
    this.#rule = rule;
    this.#givesBack = givesBack;
    this.#lastsMs = lastsMs;
    this.#table = LimitTable.create(MANY, rule, [0x12345678, 0x0abcdef1]);
    this.#hash = new KeyedHash(...this.#table.seed);
    this.bytesPerKey = this.#table.buffer.byteLength / MANY;
    this.#decideKnown(MANY, MANY);
  }

  measureKnown(): void {
    this.few.push(nanoseconds(DECISIONS, () => this.#decideKnown(FEW, DECISIONS)));
    this.many.push(nanoseconds(DECISIONS, () => this.#decideKnown(MANY, DECISIONS)));
  }

  measureFresh(rounds: number): void {
    let nowMs = systemClock.now() + 6 * this.#lastsMs;
    // Half of the keys that there is room for have a state at any time.
    const everyMs = this.#lastsMs / (MANY / 2);
    const decide = (times: number): void => {
      for (let i = 0; i < times; i++) {
        this.#at++;
        nowMs += everyMs;
        this.#decide(this.#at, nowMs);
      }
    };
    this.#at = MANY;
    decide(PAST_KEYS);
    for (let round = 0; round < rounds; round++)
      this.fresh.push(nanoseconds(DECISIONS, () => decide(DECISIONS)));
  }

  #decideKnown(keys: number, times: number): void {
    const nowMs = systemClock.now();
    for (let i = 0; i < times; i++) {
      // Far apart, so that no key is near the one before it in memory.
      this.#at = (this.#at + 7919) % keys;
      this.#decide(this.#at, nowMs);
    }
  }

  #decide(key: number, nowMs: number): void {
    const hash = this.#hash;
    hash.begin();
    hash.number(4);
    hash.number(key);
    hash.end();
    const verdict = this.#table.take(hash.high, hash.low, nowMs, this.#rule);
    if (this.#givesBack && verdict === "admitted")
      this.#table.giveBack(hash.high, hash.low, nowMs, this.#rule, 1, nowMs);
  }
}

function nanoseconds(times: number, work: () => void): number {
  const beganMs = systemClock.now();
  work();
  return ((systemClock.now() - beganMs) * 1e6) / times;
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
  for (let round = 0; round <= rounds; round++) for (const one of all) one.measureKnown();
  for (const one of all) one.measureFresh(rounds);
  process.stdout.write(`medians of ${rounds} rounds: ${FEW} keys, ${MANY} keys, new keys\n`);
  for (const { what, few, many, fresh, bytesPerKey } of all) {
    // The first round warms up.
    const [small, large] = [few.slice(1), many.slice(1)];
    process.stdout.write(
      `${what.padEnd(36)} ${median(small).toFixed(0).padStart(4)} ns, ${median(large).toFixed(0).padStart(4)} ns ` +
        `(ratio ${medianOfRatios(large, small).toFixed(2)}), ${median(fresh).toFixed(0).padStart(4)} ns; ${bytesPerKey.toFixed(1)} bytes a key\n`,
    );
  }
  return 0;
}

process.exitCode = main();
