import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { Concurrency } from "./concurrency.ts";
import { FixedWindow, windowsOf } from "./fixed-window.ts";
import { LimitTable } from "./limit-table.ts";
import { SlidingLog } from "./sliding-log.ts";
import { bucket, SEED } from "./testing.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** How many keys of one home there is room for. */
const ROOM = 48;

/** The first half of a key whose home is the last of a small table, behind which there is room for no more than one home's keys. */
const LAST_HOME = 0xffffffff;

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

test("a thread that died with a lock holds the others up for a bounded time, and not at all once it is released", (t) => {
  const waits = t.mock.method(Atomics, "wait", () => "timed-out");
  const buckets = new Limit(16, bucket(10, 1000, 10));
  buckets.take(0, 1, 0);
  // What a thread leaves behind that is terminated between lock and unlock; the lock is the first word after the head.
  const lock = 12;
  const words = new Int32Array(buckets.table.buffer);
  words[lock] = 77;
  assert.equal(buckets.take(0, 1, 0), "full");
  assert.equal(waits.mock.callCount(), 1000);
  buckets.table.releaseHeldBy(76);
  // With the mark of the one that waited.
  assert.equal(words[lock] & 0xffff, 77);
  buckets.table.releaseHeldBy(77);
  assert.equal(buckets.take(0, 1, 0), "admitted");
  assert.equal(buckets.table.remaining, 8);
});
