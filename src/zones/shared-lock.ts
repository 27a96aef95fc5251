/**
 * Locks in memory that threads share: a word that is 0, or has in its lower half the number of the thread that holds the lock, so
 * that the locks of one that died can be told. What is done under a lock takes well under a microsecond, so the holder is about to let
 * go of it, or is not running at all.
 *
 * Those that wait put a mark into the upper half. It goes with the turn, so that a thread which takes a lock again and again is not taken
 * for one that never let go of it; and who need not wait pays nothing for that.
 */

const OWNER_BITS = 16;
const OWNER = (1 << OWNER_BITS) - 1;
const ONE_MARK = 1 << OWNER_BITS;

const SPINS = 100;
/** For so long one turn of another thread is waited for. A thread that is alive runs again within some hundredths of a second. */
const LONGEST_TURN_MS = 1000;

/** The last mark of this thread. */
let mark = 0;

/** Takes the lock at a position for `owner`, from 1 to 65535. False: one turn of another thread has lasted too long for it to be alive. */
export function takeLock(words: Int32Array, at: number, owner: number): boolean {
  return Atomics.compareExchange(words, at, 0, owner) === 0 || waitForLock(words, at, owner);
}

/** Lets go of a lock. Nobody is notified of it, which would cost every decision a call. */
export function leaveLock(words: Int32Array, at: number): void {
  Atomics.store(words, at, 0);
}

/** Opens the lock if `owner` holds it, who has died. */
export function openLock(words: Int32Array, at: number, owner: number): void {
  for (let held = Atomics.load(words, at); (held & OWNER) === owner; held = Atomics.load(words, at)) {
    // Another may have put a mark there just now, or opened it.
    if (Atomics.compareExchange(words, at, held, 0) === held) Atomics.notify(words, at);
  }
}

/**
 * Time is counted in waits of a millisecond, not read from a clock: a process that was stopped for a while finds that its clock has
 * gone on, and that no thread has run.
 */
function waitForLock(words: Int32Array, at: number, owner: number): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.compareExchange(words, at, 0, owner) === 0) return true;
  }
  // The holder was preempted: make room for it.
  let turn = 0;
  for (let waitedMs = 0; waitedMs < LONGEST_TURN_MS; waitedMs++) {
    let held = Atomics.compareExchange(words, at, 0, owner);
    if (held === 0) return true;
    if (held === (held & OWNER)) held = putMark(words, at, held);
    if (held !== turn) waitedMs = 0;
    turn = held;
    Atomics.wait(words, at, held, 1);
  }
  return false;
}

function putMark(words: Int32Array, at: number, held: number): number {
  mark = (mark + ONE_MARK) | 0 || ONE_MARK;
  Atomics.compareExchange(words, at, held, held | mark);
  return held | mark;
}
