import assert from "node:assert/strict";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import * as fc from "fast-check";
import { ALWAYS, RevocationTable } from "./revocation-table.ts";

const SEED: readonly [number, number] = [1, 0xffff_fffe];

function word(index: number, salt: number): number {
  return Math.imul(index + 1, salt) >>> 0;
}

/** Work for a thread. */
interface Hammering {
  readonly buffer: SharedArrayBuffer;
  readonly gate: SharedArrayBuffer;
  readonly threads: number;
  readonly thread: number;
  readonly seconds: number;
}

type Key = readonly [high: number, low: number];

/** Few places, so that threads meet; keys that differ in one half alone. */
const keyOf = (index: number): Key => [(index % 4) * 3, Math.floor(index / 4)];
/** What each key is revoked with, so that what is found can be told to be its own. */
const beforeOf = (index: number): number => 1_000_000 + index;
const KEYS = 200;

/** Waits until all threads have come here for the `count`th time. */
function meet(waiting: Int32Array, threads: number, count: number): void {
  if (Atomics.add(waiting, 0, 1) + 1 === threads * count) Atomics.notify(waiting, 0);
  for (;;) {
    const here = Atomics.load(waiting, 0);
    if (here >= threads * count) return;
    Atomics.wait(waiting, 0, here, 1);
  }
}

function hammer({ buffer, gate, threads, thread, seconds }: Hammering): string {
  const table = new RevocationTable(buffer, thread + 1);
  const waiting = new Int32Array(gate);
  let problem = "";
  for (let now = 1; now <= seconds; now++) {
    meet(waiting, threads, now);
    for (let i = 0; i < 60; i++) {
      // Entries live for a few seconds, so that their slots change hands all the time.
      const index = (now * 29 + i * 37 + thread * 53) % KEYS;
      const added = table.add(...keyOf(index), beforeOf(index), now + 1 + (i % 3), now);
      if (added && table.find(...keyOf(index), now) === 0) problem ||= `key ${index} is lost`;
      for (let other = index; other < index + 8; other++) {
        const found = table.find(...keyOf(other % KEYS), now);
        if (found !== 0 && found !== beforeOf(other % KEYS)) problem ||= `key ${other % KEYS}: ${found}`;
      }
    }
  }
  meet(waiting, threads, seconds + 1);
  // All threads add the same, at the same time, each with dates of its own.
  const now = seconds + 10;
  for (let index = 0; index < 60; index++)
    table.add(...keyOf(index), beforeOf(index) + ((thread + index) % threads), now + 10 + thread, now);
  return problem;
}

if (isMainThread) {
  testAll();
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort!.postMessage(hammer(workerData as Hammering));
}

function testAll(): void {
  test("threads at once: no key has what is another's, and of all revocations the latest counts", async () => {
    const threads = 4;
    const seconds = 40;
    const table = RevocationTable.create(1, SEED);
    const gate = new SharedArrayBuffer(4);
    const workers = Array.from(
      { length: threads },
      (_, thread) =>
        new Worker(new URL(import.meta.url), {
          workerData: { buffer: table.buffer, gate, threads, thread, seconds } satisfies Hammering,
        }),
    );
    const problems = await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once("message", resolve);
            worker.once("error", reject);
          }),
      ),
    );
    assert.deepEqual(problems, ["", "", "", ""]);
    for (let index = 0; index < 60; index++) {
      // For as long as the one that asked for the longest.
      for (const now of [seconds + 10, seconds + 20 + threads - 2])
        assert.equal(table.find(...keyOf(index), now), beforeOf(index) + threads - 1, `${index} at ${now}`);
    }
  });

  test("what one thread adds another finds at once", async () => {
    const table = RevocationTable.create(10, SEED);
    const worker = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
       import(workerData.module).then(({ RevocationTable }) => {
         const table = new RevocationTable(workerData.buffer, 2);
         parentPort.postMessage([table.seed, table.add(7, 8, 9, 200, 100)]);
       });`,
      {
        eval: true,
        workerData: {
          buffer: table.buffer,
          module: new URL("revocation-table.ts", import.meta.url).href,
        },
      },
    );
    const told = await new Promise((resolve) => worker.once("message", resolve));
    assert.deepEqual(told, [SEED, true]);
    assert.deepEqual([table.find(7, 8, 100), table.generation], [9, 1]);
  });

  test("an entry says what it is about, from the first until just before its end", () => {
    const table = RevocationTable.create(10, SEED);
    assert.deepEqual([table.generation, table.find(1, 2, 100)], [0, 0]);
    assert.ok(table.add(1, 2, ALWAYS, 200, 100));
    assert.equal(table.generation, 1);
    assert.deepEqual(
      [
        [1, 2],
        [2, 1],
        [1, 3],
        [0xffff_ffff, 2],
      ].map(([high, low]) => table.find(high!, low!, 100)),
      [ALWAYS, 0, 0, 0],
    );
    assert.deepEqual([table.find(1, 2, 199), table.find(1, 2, 200)], [ALWAYS, 0]);
  });

  test("a thread that died revoking is told by its number, and leaves no slot that nobody uses", (t) => {
    const table = RevocationTable.create(1, SEED);
    const real = Atomics.store.bind(Atomics);
    const dies = t.mock.method(Atomics, "store", (words: Int32Array, at: number, value: number) => {
      if (value === 0x7777) throw new Error("died");
      return real(words, at, value);
    });
    // After `before`, before the key is written.
    const dying = new RevocationTable(table.buffer, 9);
    assert.throws(() => dying.add(0, 0x7777, 10, 200, 1), /died/);
    dies.mock.restore();
    t.mock.method(Atomics, "wait", () => "timed-out");
    table.releaseHeldBy(8);
    assert.equal(table.add(0, 1, 10, 200, 1), false);
    table.releaseHeldBy(9);
    for (let low = 1; low <= SLOTS; low++) assert.ok(table.add(0, low, 10, 200, 1), String(low));
    assert.equal(table.add(0, 0, 10, 200, 1), false);
    assert.equal(table.find(0, 0x7777, 1), 0);
  });

  const SLOTS = 128;
  const step = fc.record({
    high: fc.constantFrom(0, 0x8000_0000, 0xffff_ffff),
    low: fc.nat(70),
    before: fc.nat(50).map((n) => n + 1),
    lasts: fc.integer({ min: 1, max: 90 }),
    passes: fc.constantFrom(...Array.from({ length: 60 }, () => 0), 1, 1, 60),
  });

  test("it says what a map says, and has no room only when every slot is needed", () => {
    let refusals = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 700, minLength: 600 }), (steps) => {
        const table = RevocationTable.create(1, SEED);
        const reference = new Map<string, { before: number; until: number }>();
        let now = 1;
        for (const { high, low, before, lasts, passes } of steps) {
          now += passes;
          for (const [key, { until }] of reference) if (until <= now) reference.delete(key);
          const name = `${high} ${low}`;
          const old = reference.get(name);
          const { generation } = table;
          const added = table.add(high, low, before, now + lasts, now);
          assert.equal(added, old !== undefined || reference.size < SLOTS);
          assert.equal(table.generation, generation + Number(added));
          refusals += Number(!added);
          if (added)
            reference.set(name, {
              before: Math.max(before, old?.before ?? 0),
              until: Math.max(now + lasts, old?.until ?? 0),
            });
          for (const key of [name, `${high} ${low ^ 1}`]) {
            const [h, l] = key.split(" ").map(Number);
            assert.equal(table.find(h!, l!, now), reference.get(key)?.before ?? 0);
          }
        }
      }),
      { numRuns: 30, seed: 7 },
    );
    assert.ok(refusals > 50, "the table was never full");
  });

  test("as many entries as were asked for have room, and all are found; the slots of what has ended are used again", () => {
    const entries = 100_000;
    const table = RevocationTable.create(entries, SEED);
    for (let round = 0; round < 3; round++) {
      const now = 1 + round * 1000;
      const key = (i: number): Key => {
        const index = round * entries + i;
        return [word(index ^ (index >>> 7), 0x9e3779b1), word(index, 0x85ebca6b)];
      };
      for (let i = 0; i < entries; i++)
        assert.ok(table.add(...key(i), i + 1, now + 500, now), `${round} ${i}`);
      for (let i = 0; i < entries; i++) assert.equal(table.find(...key(i), now), i + 1);
    }
  });

  const now = 100;
  const ONE: Key = [5, 1];
  const OTHER: Key = [5, 2];
  const setups: readonly (readonly [what: string, set: (table: RevocationTable) => void, live: number])[] = [
    ["nothing", () => {}, 0],
    ["an entry", (table) => table.add(...ONE, 10, 200, 1), 10],
    ["an entry that has ended", (table) => table.add(...ONE, 10, now, 1), 0],
  ];
  const operations = [
    { key: ONE, before: 0 },
    { key: ONE, before: 20 },
    { key: ONE, before: 30 },
    { key: OTHER, before: 40 },
  ];
  for (const [what, set, live] of setups) {
    test(`where there is ${what}, threads that do something between two steps of each other are not confused`, (t) => {
      let stepsLeft = -1;
      let between: (() => void) | undefined;
      // Who must wait for the other, which will never go on, has soon waited for long enough.
      t.mock.method(Atomics, "wait", () => "timed-out");
      for (const name of ["load", "store", "compareExchange", "add"] as const) {
        const real = Atomics[name] as unknown as (...given: number[]) => number;
        t.mock.method(Atomics, name, (...given: number[]) => {
          if (stepsLeft-- === 0) between?.();
          return real(...given);
        });
      }
      let places = 0;
      let refusals = 0;
      for (const first of operations) {
        for (const second of operations) {
          for (let place = 0, inside = true; inside; place++, places++) {
            const table = RevocationTable.create(1, SEED);
            set(table);
            const { generation } = table;
            const at = `${first.before} with ${second.before} at ${place}`;
            const done: (typeof operations)[number][] = [];
            const run = (operation: (typeof operations)[number]): void => {
              const { key, before } = operation;
              // Its clock has not come as far, so that what others write over is still an entry to it.
              if (before === 0) {
                const found = table.find(...key, now - 1);
                assert.ok([0, 10, 20, 30].includes(found), `${at}: ${found}`);
                return;
              }
              if (table.add(...key, before, 300, now)) done.push(operation);
              else refusals++;
            };
            inside = false;
            between = () => {
              inside = true;
              run(second);
            };
            stepsLeft = place;
            run(first);
            stepsLeft = -1;
            assert.ok(first.before === 0 || done.includes(first), at);
            const latest = (key: readonly number[]): number =>
              Math.max(key === ONE ? live : 0, ...done.map((one) => (one.key === key ? one.before : 0)));
            assert.equal(table.generation, generation + done.length, at);
            for (const key of [ONE, OTHER]) assert.equal(table.find(...key, now), latest(key), at);
          }
        }
      }
      assert.ok(places > 100);
      assert.ok(refusals > 0);
    });
  }
}
