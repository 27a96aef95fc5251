import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { BoundedQueue } from "./bounded-queue.ts";

test("runs as many at once as allowed, the others in order, and a failure blocks nobody", async () => {
  const queue = new BoundedQueue(2, 2);
  const started: number[] = [];
  const ends: PromiseWithResolvers<number>[] = [];
  const run = (i: number): Promise<number> =>
    queue.run(() => {
      started.push(i);
      ends[i] = Promise.withResolvers();
      return ends[i].promise;
    });
  const results = [run(0), run(1)];
  assert.equal(queue.full, false);
  results.push(run(2), run(3));
  assert.equal(queue.full, true);
  assert.deepEqual(started, [0, 1]);

  ends[1]!.reject(new Error("broken"));
  await assert.rejects(results[1]!, /broken/);
  await setImmediate();
  assert.deepEqual(started, [0, 1, 2]);
  assert.equal(queue.full, false);

  ends[2]!.resolve(2);
  ends[0]!.resolve(0);
  await setImmediate();
  ends[3]!.resolve(3);
  assert.deepEqual(await Promise.all([results[0], results[2], results[3]]), [0, 2, 3]);

  results.push(run(4), run(5));
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5]);
  ends[4]!.resolve(4);
  ends[5]!.resolve(5);
  await Promise.all(results.slice(4));
});
