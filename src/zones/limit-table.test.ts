import assert from "node:assert/strict";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import * as fc from "fast-check";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Concurrency } from "./concurrency.ts";
import { FixedWindow, windowsOf } from "./fixed-window.ts";
import type { LimitRule } from "./limit-rule.ts";
import { LimitTable } from "./limit-table.ts";
import { SlidingLog } from "./sliding-log.ts";
import { SlidingWindow } from "./sliding-window.ts";
import { bucketTicks, TokenBucket } from "./token-bucket.ts";

const SEED: readonly [number, number] = [1, 2];

/** How many keys of one home there is room for. */
const ROOM = 48;

/** The first half of a key whose home is the last of a small table, behind which there is room for no more than one home's keys. */
const LAST_HOME = 0xffffffff;

function bucket(limit: number, windowMs: number, burst = limit): TokenBucket {
  return new TokenBucket(limit, windowMs, burst, bucketTicks(limit, windowMs, burst));
}

/** A table with one rule, as most limits have. */
class Limit {
  readonly table: LimitTable;
  readonly rule: TokenBucket;

  constructor(maxKeys: number, rule: TokenBucket) {
    this.rule = rule;
    this.table = LimitTable.create(maxKeys, rule, SEED);
  }

  take(high: number, low: number, nowMs: number, cost = 1): string {
    return this.table.take(high, low, nowMs, this.rule, cost);
  }
}

/** Work for a thread: `takes` at one time, of `keys` keys in turn, begun once all `threads` are there. */
interface Hammering {
  readonly buffer: SharedArrayBuffer;
  readonly gate: SharedArrayBuffer;
  readonly threads: number;
  readonly owner: number;
  readonly keys: number;
  readonly takes: number;
  readonly nowMs: number;
  readonly limit: number;
  readonly kind: keyof typeof RULES;
  /** The first half of all keys, where they are to have one home. */
  readonly high?: number;
}

const HAMMERED_WINDOW_MS = 60_000;

/** A rule of each kind, as a thread makes it of the config. */
const RULES = {
  bucket: (limit: number): LimitRule => bucket(limit, HAMMERED_WINDOW_MS),
  "fixed window": (limit: number): LimitRule => new FixedWindow(limit, windowsOf(HAMMERED_WINDOW_MS)),
  "sliding window": (limit: number): LimitRule => new SlidingWindow(limit, HAMMERED_WINDOW_MS),
  "sliding log": (limit: number): LimitRule => new SlidingLog(limit, HAMMERED_WINDOW_MS),
  concurrency: (limit: number): LimitRule => new Concurrency(limit),
};

function keyOf(index: number): number {
  return Math.imul(index + 1, 0x9e3779b9) >>> 0;
}

function hammer(work: Hammering): number[] {
  const table = new LimitTable(work.buffer, work.owner);
  const rule = RULES[work.kind](work.limit);
  const admitted = Array.from({ length: work.keys }, () => 0);
  const gate = new Int32Array(work.gate);
  if (Atomics.add(gate, 0, 1) === work.threads - 1) Atomics.notify(gate, 0);
  for (let here = Atomics.load(gate, 0); here < work.threads; here = Atomics.load(gate, 0)) {
    Atomics.wait(gate, 0, here, 10);
  }
  for (let i = 0; i < work.takes; i++) {
    const key = i % work.keys;
    if (table.take(work.high ?? keyOf(key), key, work.nowMs, rule) === "admitted") admitted[key]!++;
  }
  return admitted;
}

async function hammerInThreads(work: Omit<Hammering, "owner" | "gate">): Promise<number[]> {
  const gate = new SharedArrayBuffer(4);
  const workers = Array.from(
    { length: work.threads },
    (_, i) => new Worker(new URL(import.meta.url), { workerData: { ...work, gate, owner: i + 1 } }),
  );
  const results = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<number[]>((resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  return Array.from({ length: work.keys }, (_, key) =>
    results.reduce((sum, result) => sum + result[key]!, 0),
  );
}

/** Sequential, unbounded, in exact integers: a token is `windowUs` units, and a microsecond gives back `limit` of them. */
class ReferenceBuckets {
  readonly #levels = new Map<number, { units: bigint; us: bigint }>();
  readonly #limit: bigint;
  readonly #token: bigint;
  readonly #capacity: bigint;

  constructor(limit: number, windowMs: number, burst: number) {
    this.#limit = BigInt(limit);
    this.#token = BigInt(windowMs) * 1000n;
    this.#capacity = this.#token * BigInt(burst);
  }

  take(
    key: number,
    us: bigint,
  ): { admitted: boolean; remaining: number; fullInMs: number; tokenInMs: number } {
    let units = this.#level(key, us);
    const admitted = units >= this.#token;
    if (admitted) units -= this.#token;
    this.#levels.set(key, { units, us });
    const msUntil = (goal: bigint): number =>
      units >= goal ? 0 : Number(goal - units) / Number(this.#limit) / 1000;
    return {
      admitted,
      remaining: Number(units / this.#token),
      fullInMs: msUntil(this.#capacity),
      tokenInMs: msUntil(this.#token),
    };
  }

  notFull(us: bigint): number {
    return [...this.#levels.keys()].filter((key) => this.#level(key, us) < this.#capacity).length;
  }

  #level(key: number, us: bigint): bigint {
    const level = this.#levels.get(key);
    if (level === undefined) return this.#capacity;
    const units = level.units + (us - level.us) * this.#limit;
    return units < this.#capacity ? units : this.#capacity;
  }
}

if (isMainThread) {
  test("a full bucket admits its burst at once, then one token each time that it has refilled", () => {
    const buckets = new Limit(10, bucket(7, 60_000, 7));
    const verdicts = Array.from({ length: 9 }, () => buckets.take(5, 6, 1000));
    assert.deepEqual(verdicts, [...Array.from({ length: 7 }, () => "admitted"), "refused", "refused"]);
    assert.equal(buckets.table.remaining, 0);
    assert.equal(buckets.table.fullInMs, 60_000);
    assert.equal(buckets.table.waitMs, 60_000 / 7);
    assert.equal(buckets.take(5, 6, 1000 + 8571.428), "refused");
    assert.equal(buckets.take(5, 6, 1000 + 8571.429), "admitted");
  });

  test("keys that differ in one half are different keys", () => {
    const buckets = new Limit(10, bucket(1, 1000, 1));
    const keys: readonly [number, number][] = [
      [0, 0],
      [0, 1],
      [1, 0],
      [0xffffffff, 0xffffffff],
      [0x7fffffff, 0xffffffff],
      [0x80000000, 0],
    ];
    for (const [high, low] of keys) assert.equal(buckets.take(high, low, 0), "admitted");
    for (const [high, low] of keys) assert.equal(buckets.take(high, low, 0), "refused");
  });

  test("a clock that was read a little earlier takes from the bucket as it is", () => {
    const buckets = new Limit(10, bucket(10, 1000, 10));
    for (let i = 0; i < 9; i++) buckets.take(5, 6, 1000);
    assert.equal(buckets.take(5, 6, 900), "admitted");
    assert.equal(buckets.take(5, 6, 1000), "refused");
  });

  test("time that runs backwards refills nothing, and is not counted twice when it comes back", () => {
    const buckets = new Limit(10, bucket(10, 1000, 10));
    for (let i = 0; i < 10; i++) buckets.take(5, 6, 1000);
    assert.equal(buckets.take(5, 6, 1100), "admitted");
    assert.equal(buckets.take(5, 6, 500), "refused");
    assert.equal(buckets.take(5, 6, 1100), "refused");
    assert.equal(buckets.take(5, 6, 1200), "admitted");
    assert.equal(buckets.take(5, 6, 1200), "refused");
  });

  test("a full table takes no new key, counts it, keeps the old ones, and gives out buckets that have refilled", () => {
    const buckets = new Limit(16, bucket(1, 1000, 2));
    for (let key = 0; key < ROOM; key++) assert.equal(buckets.take(LAST_HOME, key, key * 10), "admitted");
    assert.equal(buckets.take(LAST_HOME, 100, 480), "full");
    assert.equal(buckets.take(LAST_HOME, 101, 999.9), "full");
    assert.equal(buckets.table.fullCount, 2);
    assert.equal(new LimitTable(buckets.table.buffer, 2).fullCount, 2);
    assert.equal(buckets.take(LAST_HOME, ROOM - 1, 999.9), "admitted");
    // Key 0 is full again: its place goes to key 100, and it has lost nothing by that.
    assert.equal(buckets.take(LAST_HOME, 100, 1000), "admitted");
    assert.equal(buckets.take(LAST_HOME, 101, 1000), "full");
    assert.equal(buckets.take(LAST_HOME, 0, 1010), "admitted");
    assert.equal(buckets.table.remaining, 1);
    // And nobody holds a lock, of which the last key had many.
    assert.equal(
      new LimitTable(buckets.table.buffer, 2).take(LAST_HOME, ROOM - 1, 1011, buckets.rule),
      "refused",
    );
  });

  test("keys that lie behind their home are found there, in use and given back, for as long as they have a state", () => {
    const rule = new Concurrency(2);
    const table = LimitTable.create(16, rule, SEED);
    const keys = Array.from({ length: ROOM }, (_, key) => key);
    for (const round of [1, 2])
      for (const key of keys) {
        assert.equal(table.take(0, key, round, rule), "admitted");
        assert.equal(table.remaining, 2 - round);
      }
    // What stands before them goes, and the others keep their counts.
    for (const key of keys.slice(0, 5)) table.giveBack(0, key, 10, rule, 2, 2);
    for (const key of keys.slice(5)) assert.equal(table.take(0, key, 20, rule), "refused");
    for (const key of keys.slice(5)) table.giveBack(0, key, 30, rule, 1, 2);
    for (const key of keys.slice(5)) {
      assert.equal(table.take(0, key, 40, rule), "admitted");
      assert.equal(table.remaining, 0);
    }
  });

  test("a place that is given to another key is empty, also where that one is counted by another rule", () => {
    const [fast, slow] = [bucket(999, 1000, 48), bucket(1, 100_000, 48)];
    const table = LimitTable.create(16, fast, SEED);
    for (let key = 0; key < ROOM; key++) table.take(LAST_HOME, key, 0, fast, 48);
    assert.equal(table.take(LAST_HOME, 100, 49, slow, 48), "admitted");
  });

  test("what is given back leaves its place at the same moment, after a long time as well", () => {
    const year = 366 * 86_400_000 + 1;
    for (const rule of [new Concurrency(1), new FixedWindow(1, windowsOf(1000)), new SlidingLog(1, 1000)]) {
      const table = LimitTable.create(16, rule, SEED);
      for (let key = 0; key < 1000; key++) {
        assert.equal(table.take(LAST_HOME, key, year, rule), "admitted");
        table.giveBack(LAST_HOME, key, year, rule, 1, year);
      }
    }
  });

  test("holds the keys that it was asked for, in at most 64 bytes a key", () => {
    const maxKeys = 200_000;
    const buckets = new Limit(maxKeys, bucket(1, 1000, 1));
    const random = new SeededRandom(11);
    for (let key = 0; key < maxKeys; key++) buckets.take(Math.floor(random.fraction() * 2 ** 32), key, 0);
    assert.equal(buckets.table.fullCount, 0);
    assert.ok(buckets.table.buffer.byteLength / maxKeys <= 64);
  });

  test("decides as a sequential reference with exact integers does", () => {
    const scenario = fc.record({
      limit: fc.integer({ min: 1, max: 1000 }),
      windowMs: fc.integer({ min: 1, max: 100_000 }),
      burst: fc.integer({ min: 1, max: 50 }),
      steps: fc.array(
        fc.record({
          key: fc.integer({ min: 0, max: 69 }),
          us: fc.oneof(
            { weight: 60, arbitrary: fc.constant(0) },
            { weight: 20, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
            { weight: 1, arbitrary: fc.integer({ min: 0, max: 100_000_000 }) },
          ),
          times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
        }),
        { minLength: 100, maxLength: 200 },
      ),
    });
    let full = 0;
    fc.assert(
      fc.property(scenario, ({ limit, windowMs, burst, steps }) => {
        // Two homes at the end of the table, with room for 50 of 70 keys: buckets that have refilled lose their places all the time.
        const buckets = new Limit(16, bucket(limit, windowMs, burst));
        const reference = new ReferenceBuckets(limit, windowMs, burst);
        let us = 0;
        for (const step of steps) {
          us += step.us;
          for (let i = 0; i < step.times; i++) {
            // Half a microsecond more, so that the product of the conversion is not just below an integer.
            const high = step.key % 2 === 0 ? LAST_HOME : LAST_HOME - 2 ** 28;
            const verdict = buckets.take(high, step.key, (us + 0.5) / 1000);
            if (verdict === "full") {
              // A place is held until the next number that a float can be.
              assert.ok(reference.notFull(BigInt(Math.floor(us * (1 - 2 ** -22)))) >= ROOM);
              full++;
              break;
            }
            const expected = reference.take(step.key, BigInt(us));
            assert.equal(verdict, expected.admitted ? "admitted" : "refused");
            assert.equal(buckets.table.remaining, expected.remaining);
            assert.ok(Math.abs(buckets.table.fullInMs - expected.fullInMs) <= 1e-9 * (expected.fullInMs + 1));
            const waitMs = expected.admitted ? 0 : expected.tokenInMs;
            assert.ok(Math.abs(buckets.table.waitMs - waitMs) <= 1e-9 * waitMs);
          }
        }
      }),
      { numRuns: 200 },
    );
    assert.ok(full > 0);
  });

  for (const kind of Object.keys(RULES) as (keyof typeof RULES)[]) {
    test(`eight threads that hammer one key (${kind}) are admitted exactly as often as the limit says`, async () => {
      const limit = kind === "sliding log" ? 9000 : 100_000;
      const rule = RULES[kind](limit);
      const table = LimitTable.create(100, rule, SEED);
      const work = { buffer: table.buffer, threads: 8, keys: 1, takes: 15_000, nowMs: 5, limit, kind };
      assert.deepEqual(await hammerInThreads(work), [limit]);
      assert.equal(table.take(keyOf(0), 0, 5, rule), "refused");
    });
  }

  test("eight threads that bring the same new keys make one bucket for each", async () => {
    const buckets = new Limit(20_000, bucket(1, 60_000, 1));
    const work = {
      buffer: buckets.table.buffer,
      threads: 8,
      keys: 20_000,
      takes: 20_000,
      nowMs: 5,
      limit: 1,
      kind: "bucket",
    } as const;
    const admitted = await hammerInThreads(work);
    assert.equal(buckets.table.fullCount, 0);
    assert.deepEqual(new Set(admitted), new Set([1]));
  });

  test("eight threads whose keys have one home, and lie behind it, admit exactly as often as the limit says", async () => {
    const limit = 300;
    const keys = ROOM - 8;
    const { table } = new Limit(16, bucket(limit, HAMMERED_WINDOW_MS));
    const work = { buffer: table.buffer, threads: 8, keys, takes: keys * 100, nowMs: 5, limit, high: 0 };
    const admitted = await hammerInThreads({ ...work, kind: "bucket" });
    assert.equal(table.fullCount, 0);
    assert.deepEqual(new Set(admitted), new Set([limit]));
  });

  test("a thread that died with a lock holds the others up for a bounded time, and not at all once it is released", () => {
    const buckets = new Limit(16, bucket(10, 1000, 10));
    buckets.take(0, 1, 0);
    // What a thread leaves behind that is terminated between lock and unlock; the lock is the first word after the head.
    const lock = 12;
    const words = new Int32Array(buckets.table.buffer);
    words[lock] = 77;
    assert.equal(buckets.take(0, 1, 0), "full");
    buckets.table.releaseHeldBy(76);
    assert.equal(words[lock], 77);
    buckets.table.releaseHeldBy(77);
    assert.equal(buckets.take(0, 1, 0), "admitted");
    assert.equal(buckets.table.remaining, 8);
  });
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(hammer(workerData as Hammering));
}
