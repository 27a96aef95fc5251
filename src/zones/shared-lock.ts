/**
 * Locks in memory that threads share: a word that is 0, or the number of the thread that holds it, so that the locks of one that
 * died can be told. What is done under a lock takes well under a microsecond, so whoever holds it is about to let go of it, or is
 * not running at all.
 */

const SPINS = 100;
const LONGEST_WAIT_MS = 100;

/** Takes the lock at a position for `owner`, a positive integer. False: another thread has held it for too long to be alive. */
export function takeLock(words: Int32Array, at: number, owner: number): boolean {
  return Atomics.compareExchange(words, at, 0, owner) === 0 || waitForLock(words, at, owner);
}

/** Lets go of a lock. Nobody is notified of it, which would cost every decision a call. */
export function leaveLock(words: Int32Array, at: number): void {
  Atomics.store(words, at, 0);
}

/** Opens the lock if `owner` holds it, who has died. */
export function openLock(words: Int32Array, at: number, owner: number): void {
  if (Atomics.load(words, at) !== owner) return;
  Atomics.store(words, at, 0);
  Atomics.notify(words, at);
}

function waitForLock(words: Int32Array, at: number, owner: number): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.compareExchange(words, at, 0, owner) === 0) return true;
  }
  // The holder was preempted: make room for it.
  for (let i = 0; i < LONGEST_WAIT_MS; i++) {
    const holder = Atomics.compareExchange(words, at, 0, owner);
    if (holder === 0) return true;
    Atomics.wait(words, at, holder, 1);
  }
  return false;
}
