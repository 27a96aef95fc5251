import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SimulatedClock } from "../simulation/simulated-host.ts";
import { Turns, type Waiting } from "./turns.ts";

test("a few go on in each turn, in the order in which they came, and those that wait again stand at the end", async () => {
  const turns = new Turns(new SimulatedClock());
  let order: number[] = [];
  let over = false;
  const floods = Array.from({ length: 5 }, (_, id): Waiting => {
    const flood: Waiting = {
      goOn: () => {
        order.push(id);
        if (!over) turns.wait(flood);
      },
    };
    return flood;
  });
  for (const flood of floods) turns.wait(flood);
  assert.deepEqual(order, []);
  for (const expected of [
    [0, 1],
    [2, 3],
    [4, 0],
    [1, 2],
  ]) {
    order = [];
    await nextTurn();
    assert.deepEqual(order, expected);
  }
  over = true;
});

test("one that waits twice goes on once, and alone not twice in a turn", async () => {
  const turns = new Turns(new SimulatedClock());
  let times = 0;
  const only: Waiting = {
    goOn: () => {
      times++;
      if (times < 3) turns.wait(only);
    },
  };
  turns.wait(only);
  turns.wait(only);
  for (const expected of [1, 2, 3, 3]) {
    await nextTurn();
    assert.equal(times, expected);
  }
});

test("they have a quarter of the time: who has taken a while rests three times as long", async () => {
  const clock = new SimulatedClock();
  const turns = new Turns(clock);
  let times = 0;
  const flood: Waiting = {
    goOn: () => {
      times++;
      clock.advance(2);
      if (times < 3) turns.wait(flood);
    },
  };
  turns.wait(flood);
  for (const [passesMs, expected] of [
    [0, 1],
    [5, 1],
    [1, 2],
    [5.9, 2],
    [0.1, 3],
  ] as const) {
    clock.advance(passesMs);
    await nextTurn();
    assert.equal(times, expected, `after ${passesMs} ms more`);
  }
});
