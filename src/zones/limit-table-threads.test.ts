/** Threads that ask one table at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Concurrency } from "./concurrency.ts";
import { FixedWindow, windowsOf } from "./fixed-window.ts";
import type { LimitRule } from "./limit-rule.ts";
import { LimitTable } from "./limit-table.ts";
import { SlidingLog } from "./sliding-log.ts";
import { SlidingWindow } from "./sliding-window.ts";
import { bucket, SEED } from "./testing.ts";

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

if (isMainThread) {
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
    const table = LimitTable.create(20_000, bucket(1, 60_000, 1), SEED);
    const work = {
      buffer: table.buffer,
      threads: 8,
      keys: 20_000,
      takes: 20_000,
      nowMs: 5,
      limit: 1,
      kind: "bucket",
    } as const;
    const admitted = await hammerInThreads(work);
    assert.equal(table.fullCount, 0);
    assert.deepEqual(new Set(admitted), new Set([1]));
  });

  test("eight threads whose keys have one home, and lie behind it, admit exactly as often as the limit says", async () => {
    const limit = 300;
    // A home and the lines behind it have room for 48.
    const keys = 40;
    const table = LimitTable.create(16, bucket(limit, HAMMERED_WINDOW_MS), SEED);
    const work = { buffer: table.buffer, threads: 8, keys, takes: keys * 100, nowMs: 5, limit, high: 0 };
    const admitted = await hammerInThreads({ ...work, kind: "bucket" });
    assert.equal(table.fullCount, 0);
    assert.deepEqual(new Set(admitted), new Set([limit]));
  });
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(hammer(workerData as Hammering));
}
