import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { leaveLock, openLock, takeLock } from "./shared-lock.ts";

const AT = 1;

/** A lock that is free, and what happens while it is waited for: waits take no time, and `happens` is told how many there were. */
function makeLock(
  t: TestContext,
  happens: (words: Int32Array, waits: number) => void = () => {},
): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(8));
  let waits = 0;
  t.mock.method(Atomics, "wait", (_: Int32Array, at: number, held: number, ms: number) => {
    assert.ok(at === AT && held === words[AT] && ms === 1);
    happens(words, ++waits);
    return "timed-out";
  });
  return words;
}

/** As another thread does that has had its turn and takes the next. */
function takeAgain(words: Int32Array, owner: number): void {
  leaveLock(words, AT);
  assert.ok(takeLock(words, AT, owner));
}

test("a lock is held by one, until it lets go", (t) => {
  const words = makeLock(t);
  assert.ok(takeLock(words, AT, 1));
  assert.equal(takeLock(words, AT, 2), false);
  leaveLock(words, AT);
  assert.ok(takeLock(words, AT, 2));
  assert.equal(takeLock(words, AT, 2), false);
});

for (const [what, owners] of [
  ["other threads", 7],
  ["one and the same thread", 1],
] as const)
  test(`while ${what} take a lock again and again, it is waited for, however long that is`, (t) => {
    let turns = 0;
    const words = makeLock(t, (all, waits) => {
      // The longest turn that may be.
      if (waits % 999 !== 0) return;
      if (waits === 999 * 100) leaveLock(all, AT);
      else takeAgain(all, 1 + (++turns % owners));
    });
    takeLock(words, AT, 1);
    assert.ok(takeLock(words, AT, 9));
    assert.equal(turns, 99);
  });

test("a turn of a second is that of a thread that died, whoever had turns before it", (t) => {
  let last = 0;
  const words = makeLock(t, (all, waits) => {
    last = waits;
    if (waits === 500) takeAgain(all, 3);
  });
  takeLock(words, AT, 2);
  const held = words[AT];
  assert.equal(takeLock(words, AT, 9), false);
  assert.equal(last, 500 + 1000);
  assert.notEqual(words[AT], held);
});

test("a lock is opened for the one that died, with whichever mark of one that waits, and for nobody else", (t) => {
  const owners = [1, 300, 65_535];
  let dead = 1;
  const words = makeLock(t, (all) => {
    openLock(all, AT, dead + 1);
    assert.notEqual(all[AT], 0);
    openLock(all, AT, dead);
    assert.equal(all[AT], 0);
  });
  // Enough turns for every mark, whatever its sign.
  for (let turns = 0; turns < 70_000; turns++) {
    dead = owners[turns % 3]!;
    takeLock(words, AT, dead);
    assert.ok(takeLock(words, AT, 9));
    leaveLock(words, AT);
  }
});
