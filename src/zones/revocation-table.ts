import { leaveLock, openLock, takeLock } from "./shared-lock.ts";

/*
 * The buffer: a head, then the entries. All of it is words that are touched by Atomics alone. An entry is contiguous:
 *
 *   key      2 words
 *   until    1 word   the second from which on the entry says nothing any more; 0: it was never used
 *   before   1 word   what was issued before this second is revoked
 */
const HEAD_WORDS = 16;
const ENTRY_WORDS = 4;

/** Positions of words in the head. */
const GENERATION = 0;
const SEED = 1;
const LOCK = 3;

/** Positions of words in an entry. */
const UNTIL = 2;
const BEFORE = 3;

/** What `until` says of an entry that the holder of the lock is writing, or died writing: nobody reads it. */
const WRITING = 0xffff_ffff;

/** Slots for each entry that is asked for, so that one is near the place of every key. */
const SLOTS_AN_ENTRY = 1.95;

/** How far from its place a key may stand. With all entries in use, one in a thousand million would have to stand farther away. */
const MOST_STEPS = 128;

/** No slot. */
const NONE = -1;

/** Of what has no date: it is revoked whenever it was issued. */
export const ALWAYS = 0xffff_ffff;

/**
 * What is revoked, under 64-bit keys, in memory that any number of threads share. An entry says that what was issued before a
 * second is revoked, and until which second that has to be known; from then on its slot is free for another. Times are whole
 * seconds of the wall clock.
 *
 * Revoking is rare, and takes the one lock, so that a key has one entry. Asking takes none. An entry that was asked for has a slot,
 * or `add` says that there is none: nothing is dropped to make room.
 */
export class RevocationTable {
  /** What another thread makes its own `RevocationTable` of. */
  readonly buffer: SharedArrayBuffer;
  /** The random key for hashing, two words; the same in every thread. */
  readonly seed: readonly [number, number];
  readonly #words: Uint32Array;
  readonly #locks: Int32Array;
  readonly #owner: number;
  readonly #slots: number;

  /** A new, empty table for at least `entries`. `seed`: 64 random bits that clients cannot know. */
  static create(entries: number, seed: readonly [number, number], owner = 1): RevocationTable {
    const slots = Math.max(MOST_STEPS, Math.ceil(SLOTS_AN_ENTRY * entries));
    const buffer = new SharedArrayBuffer(4 * (HEAD_WORDS + slots * ENTRY_WORDS));
    new Uint32Array(buffer).set(seed, SEED);
    return new RevocationTable(buffer, owner);
  }

  /** The table in `buffer`, as another thread made it. No other living thread has the number `owner`, from 1 to 65535. */
  constructor(buffer: SharedArrayBuffer, owner: number) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
    this.#locks = new Int32Array(buffer);
    this.#owner = owner;
    this.#slots = (this.#words.length - HEAD_WORDS) / ENTRY_WORDS;
    this.seed = [this.#words[SEED]!, this.#words[SEED + 1]!];
  }

  /** Another number after every revocation, in whichever thread; 0 before the first. What was not revoked then still is not. */
  get generation(): number {
    return Atomics.load(this.#words, GENERATION);
  }

  /**
   * Revokes what has the key (two unsigned words) and was issued before the second `before`; to be known until the second `until`,
   * which lies after `now` by more than the clocks of threads may differ. Of several for one key the latest `before` counts, until
   * the latest `until`. False: there is no room, or a thread died revoking; nothing is revoked.
   */
  add(high: number, low: number, before: number, until: number, now: number): boolean {
    if (!takeLock(this.#locks, LOCK, this.#owner)) return false;
    const done = this.#write(high, low, before, until, now);
    if (done) Atomics.add(this.#words, GENERATION, 1);
    leaveLock(this.#locks, LOCK);
    return done;
  }

  /** The second before which what has the key must have been issued to be revoked; 0 when nothing is known of it. */
  find(high: number, low: number, now: number): number {
    const words = this.#words;
    for (let step = 0; step < MOST_STEPS; step++) {
      const entry = this.#entryAt(high, step);
      const until = Atomics.load(words, entry + UNTIL);
      if (until === 0) return 0;
      if (until <= now || !this.#has(entry, high, low)) continue;
      const before = Atomics.load(words, entry + BEFORE);
      // While it was read the slot may have been given to another key.
      if (Atomics.load(words, entry + UNTIL) === WRITING || !this.#has(entry, high, low)) continue;
      return before;
    }
    return 0;
  }

  /** Opens the lock if a thread held it when it died; to be called once it is certain that it has. */
  releaseHeldBy(owner: number): void {
    openLock(this.#locks, LOCK, owner);
  }

  /** Extends the key's entry, or writes one to the first slot that was never used or says nothing any more. */
  #write(high: number, low: number, before: number, until: number, now: number): boolean {
    const words = this.#words;
    let free = NONE;
    for (let step = 0; step < MOST_STEPS; step++) {
      const entry = this.#entryAt(high, step);
      const old = Atomics.load(words, entry + UNTIL);
      if (old <= now || old === WRITING) {
        if (free === NONE) free = entry;
        if (old === 0) break;
      } else if (this.#has(entry, high, low)) {
        Atomics.store(words, entry + BEFORE, Math.max(before, Atomics.load(words, entry + BEFORE)));
        Atomics.store(words, entry + UNTIL, Math.max(until, old));
        return true;
      }
    }
    if (free === NONE) return false;
    // In this order: who still finds the old key and the new `before` also finds that it is being written.
    Atomics.store(words, free + UNTIL, WRITING);
    Atomics.store(words, free + BEFORE, before);
    Atomics.store(words, free, high);
    Atomics.store(words, free + 1, low);
    Atomics.store(words, free + UNTIL, until);
    return true;
  }

  #has(entry: number, high: number, low: number): boolean {
    return Atomics.load(this.#words, entry) === high && Atomics.load(this.#words, entry + 1) === low;
  }

  #entryAt(high: number, step: number): number {
    const slot = Math.floor((high / 2 ** 32) * this.#slots) + step;
    return HEAD_WORDS + (slot < this.#slots ? slot : slot - this.#slots) * ENTRY_WORDS;
  }
}
