import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SimulatedClock } from "../simulation/simulated-host.ts";
import { Deadlines, type Expiring } from "./deadlines.ts";

/** Waits until `deadline`, and notes that it has waited long enough. */
function wait(deadlines: Deadlines, name: string, deadline: number, expired: string[]): Expiring {
  const item: Expiring = {
    deadline,
    expired: () => {
      deadlines.remove(item);
      expired.push(name);
    },
  };
  deadlines.add(item);
  return item;
}

test("a deadline is met at the sweep behind it, a moved one later, and one that was taken back never", () => {
  const clock = new SimulatedClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  wait(deadlines, "early", 50, expired);
  const moved = wait(deadlines, "moved", 60, expired);
  deadlines.remove(wait(deadlines, "removed", 70, expired));
  moved.deadline = 150;
  clock.advance(100);
  assert.deepEqual(expired, ["early"]);
  clock.advance(100);
  assert.deepEqual(expired, ["early", "moved"]);
  assert.equal(clock.timers, 0);
});

test("of many that pass at once, a few expire in a turn, and each of them once", async () => {
  const clock = new SimulatedClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const names = Array.from({ length: 30 }, (_, n) => `${n}`);
  const items = names.map((name) => wait(deadlines, name, 100, expired));
  clock.advance(100);
  assert.deepEqual(expired, names.slice(0, 4));
  // The next sweep is due before this one has ended, and somebody no longer waits.
  clock.advance(100);
  deadlines.remove(items[10]!);
  await nextTurn();
  assert.deepEqual(expired, names.slice(0, 8));
  for (let turns = 0; turns < 10; turns++) await nextTurn();
  assert.deepEqual(
    expired,
    names.filter((name) => name !== "10"),
  );
  assert.equal(clock.timers, 0);
});

test("an item that neither moves its deadline nor leaves is told once a sweep", async () => {
  const clock = new SimulatedClock();
  const deadlines = new Deadlines(clock);
  let told = 0;
  deadlines.add({ deadline: 10, expired: () => told++ });
  clock.advance(100);
  for (let turns = 0; turns < 5; turns++) await nextTurn();
  assert.equal(told, 1);
  clock.advance(100);
  assert.equal(told, 2);
});

test("an item that throws does not keep others from expiring, at the next sweep at the latest", () => {
  const clock = new SimulatedClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const broken: Expiring = {
    deadline: 10,
    expired: () => {
      deadlines.remove(broken);
      throw new Error("broken");
    },
  };
  deadlines.add(broken);
  wait(deadlines, "whole", 10, expired);
  assert.throws(() => clock.advance(100), /broken/);
  clock.advance(100);
  assert.deepEqual(expired, ["whole"]);
});
