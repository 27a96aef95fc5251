/** Every rule beside a reference that keeps all that was ever taken, over a million arrivals each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { Concurrency } from "./concurrency.ts";
import { endOfDay, endOfMonth, FixedWindow, windowsOf } from "./fixed-window.ts";
import type { LimitRule } from "./limit-rule.ts";
import { LimitTable } from "./limit-table.ts";
import { SlidingLog } from "./sliding-log.ts";
import { SlidingWindow } from "./sliding-window.ts";
import { bucketTicks, TokenBucket } from "./token-bucket.ts";

const ARRIVALS = 1_000_000;
const KEYS = 7;

interface Entry {
  readonly tick: number;
  readonly cost: number;
}

/** Says how much there is room for, from the list of what was taken, oldest first; may drop what no longer counts. */
type Room = (taken: Entry[], now: number) => number;

/** A full bucket that everything is taken from and given back to in turn, in exact integers. */
function bucketRoom(limit: number, windowTicks: number, burst: number): Room {
  return (taken, now) => {
    let missing = 0;
    let at = 0;
    for (const { tick, cost } of taken) {
      missing = Math.max(0, missing - (tick - at) * limit) + cost * windowTicks;
      at = tick;
    }
    missing = Math.max(0, missing - (now - at) * limit);
    if (missing === 0) taken.length = 0;
    return Math.floor((burst * windowTicks - missing) / windowTicks);
  };
}

function fixedRoom(limit: number, ticks: number): Room {
  return (taken, now) => {
    if (taken.length > 0 && now - taken[0]!.tick >= ticks) taken.length = 0;
    return limit - sum(taken);
  };
}

function periodRoom(limit: number, periodOf: (tick: number) => number): Room {
  return (taken, now) => {
    if (taken.length > 0 && periodOf(taken[0]!.tick) !== periodOf(now)) taken.length = 0;
    return limit - sum(taken);
  };
}

function logRoom(limit: number, ticks: number): Room {
  return (taken, now) => {
    while (taken.length > 0 && now - taken[0]!.tick >= ticks) taken.shift();
    return limit - sum(taken);
  };
}

function slidingRoom(limit: number, ticks: number): Room {
  return (taken, now) => {
    const window = Math.floor(now / ticks);
    const inWindow = (one: number): number =>
      sum(taken.filter(({ tick }) => Math.floor(tick / ticks) === one));
    while (taken.length > 0 && Math.floor(taken[0]!.tick / ticks) < window - 1) taken.shift();
    const elapsed = now - window * ticks;
    return Math.floor(
      ((limit - inWindow(window)) * ticks - inWindow(window - 1) * (ticks - elapsed)) / ticks,
    );
  };
}

function sum(taken: readonly Entry[]): number {
  let total = 0;
  for (const { cost } of taken) total += cost;
  return total;
}

const START = Date.UTC(2026, 0, 30);

const cases: readonly {
  readonly what: string;
  readonly rule: LimitRule;
  readonly room: Room;
  /** The mean time between arrivals, in milliseconds. */
  readonly everyMs: number;
}[] = [
  {
    what: "a token bucket",
    rule: new TokenBucket(9, 700, 5, 1),
    room: bucketRoom(9, 700, 5),
    everyMs: 9,
  },
  {
    what: "a token bucket that spaces requests",
    rule: new TokenBucket(7, 300, 1, bucketTicks(7, 300, 1)),
    room: bucketRoom(7, 300_000, 1),
    everyMs: 5,
  },
  {
    what: "a fixed window",
    rule: new FixedWindow(11, windowsOf(500)),
    room: fixedRoom(11, 500),
    everyMs: 5,
  },
  {
    what: "a quota of a day",
    rule: new FixedWindow(90, endOfDay),
    room: periodRoom(90, (tick) => Math.floor(tick / 86_400_000)),
    everyMs: 100_000,
  },
  {
    what: "a quota of a month",
    rule: new FixedWindow(90, endOfMonth),
    room: periodRoom(90, (tick) => new Date(tick).getUTCFullYear() * 12 + new Date(tick).getUTCMonth()),
    everyMs: 3_000_000,
  },
  {
    what: "a sliding window",
    rule: new SlidingWindow(10, 500),
    room: slidingRoom(10, 500),
    everyMs: 5,
  },
  { what: "a sliding log", rule: new SlidingLog(10, 500), room: logRoom(10, 500), everyMs: 5 },
];

for (const { what, rule, room, everyMs } of cases) {
  test(`${what} admits what a sequential reference admits, of a million arrivals`, () => {
    const random = new SeededRandom(20_260_101);
    const table = LimitTable.create(KEYS, rule, [1, 2]);
    const taken: Entry[][] = Array.from({ length: KEYS }, () => []);
    let nowMs = START;
    let admitted = 0;
    for (let i = 0; i < ARRIVALS; i++) {
      // Bursts and pauses: most arrivals come at once, some after a long while.
      const wait = random.fraction();
      if (wait > 0.5) nowMs += Math.floor((wait - 0.5) ** 3 * 64 * everyMs);
      const key = Math.floor(random.fraction() * KEYS);
      const cost = random.fraction() < 0.9 ? 1 : 2;
      const now = nowMs * rule.ticksPerMs;
      const entries = taken[key]!;
      const left = room(entries, now);
      const verdict = table.take(key * 2 ** 29, key, nowMs, rule, cost);
      assert.equal(verdict, left >= cost ? "admitted" : "refused", `arrival ${i}`);
      assert.equal(table.remaining, Math.max(0, verdict === "admitted" ? left - cost : left), `arrival ${i}`);
      if (verdict === "admitted") {
        entries.push({ tick: now, cost });
        admitted++;
      } else if (Number.isFinite(table.waitMs) && i % 16 === 0) {
        assertWait(entries, room, now, table.waitMs * rule.ticksPerMs, cost);
      }
    }
    assert.ok(admitted > ARRIVALS / 50 && admitted < ARRIVALS * 0.98, String(admitted));
  });
}

/** At the end of the time that it was told to wait there is room, and just before it there was not. */
function assertWait(taken: readonly Entry[], room: Room, now: number, waitTicks: number, cost: number): void {
  const after = Math.ceil(now + waitTicks - 1e-6);
  assert.ok(room([...taken], after) >= cost);
  assert.ok(room([...taken], after - 1) < cost);
}

test("no more is ever under way than a concurrency limit says, and what ends makes room", () => {
  const random = new SeededRandom(1);
  const rule = new Concurrency(5);
  const table = LimitTable.create(KEYS, rule, [1, 2]);
  const underWay = Array.from({ length: KEYS }, () => 0);
  for (let i = 0; i < ARRIVALS; i++) {
    const key = Math.floor(random.fraction() * KEYS);
    if (random.fraction() < 0.5) {
      const verdict = table.take(key * 2 ** 29, key, i, rule);
      assert.equal(verdict, underWay[key]! < 5 ? "admitted" : "refused");
      if (verdict === "admitted") underWay[key]!++;
    } else if (underWay[key]! > 0) {
      table.giveBack(key * 2 ** 29, key, i, rule, 1, i);
      underWay[key]!--;
    }
    assert.equal(table.remaining <= 5, true);
  }
});

for (const { what, rule, everyMs } of cases) {
  test(`what ${what} gives back at once was never taken`, () => {
    const random = new SeededRandom(7);
    const one = LimitTable.create(KEYS, rule, [1, 2]);
    const other = LimitTable.create(KEYS, rule, [1, 2]);
    let nowMs = START;
    for (let i = 0; i < 50_000; i++) {
      if (random.fraction() > 0.5) nowMs += Math.floor(random.fraction() * 2 * everyMs);
      const high = Math.floor(random.fraction() * KEYS) * 2 ** 29;
      // One table also sees requests that another limit refuses.
      if (random.fraction() < 0.3 && one.take(high, 1, nowMs, rule) === "admitted") {
        one.giveBack(high, 1, nowMs, rule, 1, nowMs);
      }
      const verdict = one.take(high, 1, nowMs, rule);
      assert.equal(verdict, other.take(high, 1, nowMs, rule), `arrival ${i}`);
      assert.equal(one.remaining, other.remaining);
    }
  });
}

test("what is charged at the end of a request counts, beyond the limit too", () => {
  for (const { what, rule } of cases) {
    if (rule instanceof SlidingLog) continue;
    const table = LimitTable.create(KEYS, rule, [1, 2]);
    assert.equal(table.take(1, 1, START, rule), "admitted");
    table.charge(1, 1, START, rule, 200);
    assert.equal(table.remaining, 0, what);
    assert.equal(table.take(1, 1, START + 1, rule), "refused", what);
    // A key that nobody knows yet can be charged as well.
    table.charge(2, 2, START, rule, 200);
    assert.equal(table.take(2, 2, START + 1, rule), "refused", what);
  }
});
