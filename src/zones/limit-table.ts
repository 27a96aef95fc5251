import type { LimitRule, Outcome } from "./limit-rule.ts";

/** `full`: the key has no state and there is no room for one; whether it may pass is for the caller to say. */
export type Verdict = "admitted" | "refused" | "full";

/*
 * The buffer: a head, then a lock for each set, then the records, SLOTS_PER_SET of them a set. A record is contiguous, so that a
 * decision about a known key waits for one line of memory:
 *
 *   key      2 words
 *   until    1 float     the tick from which on the state says no more than an empty one
 *   used     1 word      0: no key has ever been here
 *   state    doubles, as many as the rules of the table need
 */
const SLOTS_PER_SET = 32;
const HEAD_BYTES = 64;
const HEAD_WORDS = HEAD_BYTES / 4;
const KEY_WORDS = 4;

/** Positions of words in the head. */
const SETS = 0;
const SEED = 1;
const FULL = 3;
const STATE_SIZE = 4;

/** Positions of words in a record. */
const UNTIL = 2;
const USED = 3;
const STATE = 4;

/** Slots for each key that is asked for: sets are filled at random, and must not run full before the table does. */
const SLOTS_A_KEY = 1.95;

/** A change takes well under a microsecond, so whoever holds a lock is about to let go of it, or is not running at all. */
const SPINS = 100;
const LONGEST_WAIT_MS = 100;

/** No slot. */
const NONE = -1;

/**
 * The states of a limit under 64-bit keys, in memory that any number of threads share. A decision is one critical section under
 * the lock of the key's set, so threads can never admit more than the rule does, and threads that ask about different keys hardly
 * ever meet.
 *
 * A state that has run out and no state are the same thing: its slot is free for another key. There are nearly twice as many slots
 * as keys asked for: with all keys in use, about two sets in ten thousand are full. A key begins to look for its slot at a place
 * of its own in the set, and nearly always ends there. With states of two numbers, as nearly all rules have, a key takes 63 bytes.
 *
 * Measured by `npm run bench:limits`, its key hashed anew: about 150 ns where the memory is at hand, and 330 ns for keys of a million
 * in turn, which wait for it. With keys, ticks and states in arrays of their own, a line of memory each, that was 1.4 times as much.
 */
export class LimitTable implements Outcome {
  /** What another thread makes its own `LimitTable` of. */
  readonly buffer: SharedArrayBuffer;
  /** The random key for hashing, two words; the same in every thread. */
  readonly seed: readonly [number, number];

  /** Of the last decision: whole units that may be taken at once. */
  remaining = 0;
  /** Of the last decision, in the rule's own ticks. */
  untilTick = 0;
  waitTicks = 0;
  /** Of the last decision: milliseconds until nothing is taken any more. */
  fullInMs = 0;
  /** Of the last decision: milliseconds until what was asked for may be there. */
  waitMs = 0;

  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  readonly #owner: number;
  readonly #sets: number;
  readonly #stateSize: number;
  /** The first record, and how long one is, in words. */
  readonly #records: number;
  readonly #recordWords: number;

  /** A new, empty table for at least `maxKeys` states of `stateSize` numbers. `seed`: 64 random bits that clients cannot know. */
  static create(maxKeys: number, stateSize: number, seed: readonly [number, number], owner = 1): LimitTable {
    const buffer = new SharedArrayBuffer(LimitTable.sizeOf(maxKeys, stateSize));
    new Int32Array(buffer).set([setsFor(maxKeys), seed[0], seed[1], 0, stateSize], SETS);
    return new LimitTable(buffer, owner);
  }

  /** Bytes that `create` takes. */
  static sizeOf(maxKeys: number, stateSize: number): number {
    const sets = setsFor(maxKeys);
    return 4 * (firstRecord(sets) + sets * SLOTS_PER_SET * (KEY_WORDS + 2 * stateSize));
  }

  /**
   * The table in `buffer`, as another thread made it. `owner` is a positive integer that no other living thread uses: locks carry
   * it, so that they can be taken from a thread that died.
   */
  constructor(buffer: SharedArrayBuffer, owner: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#owner = owner;
    this.#sets = this.#words[SETS]!;
    this.seed = [this.#words[SEED]!, this.#words[SEED + 1]!];
    this.#stateSize = this.#words[STATE_SIZE]!;
    this.#records = firstRecord(this.#sets);
    this.#recordWords = KEY_WORDS + 2 * this.#stateSize;
  }

  /** How often a key found no room, in all threads, modulo 2^32. */
  get fullCount(): number {
    return Atomics.load(this.#words, FULL) >>> 0;
  }

  /**
   * Takes `cost` under the key (two unsigned words), if it is there; a refusal takes nothing. `nowMs` means the same in
   * all threads. A key always comes with the same rule; keys of one table may come with different ones.
   */
  take(high: number, low: number, nowMs: number, rule: LimitRule, cost = 1): Verdict {
    const now = Math.floor(nowMs * rule.ticksPerMs);
    const set = this.#setOf(high);
    high |= 0;
    low |= 0;
    if (!this.#lock(set)) return this.#full();
    let record = this.#find(set, high, low);
    const known = record !== NONE;
    if (!known) {
      record = this.#findFree(set, low, now);
      if (record === NONE) {
        this.#unlock(set);
        return this.#full();
      }
    }
    const admitted = rule.take(this.#doubles, (record + STATE) / 2, now, cost, this);
    if (admitted) {
      // After the state, so that a thread that is terminated between two lines leaves a key that has too little.
      if (!known) this.#claim(record, high, low);
      this.#floats[record + UNTIL] = roundUp(this.untilTick);
    }
    this.#unlock(set);
    this.#tellMs(now, rule);
    return admitted ? "admitted" : "refused";
  }

  /** Takes `cost` whether it is there or not. A key without a state, and without room for one, is let off. */
  charge(high: number, low: number, nowMs: number, rule: LimitRule, cost: number): void {
    const now = Math.floor(nowMs * rule.ticksPerMs);
    const set = this.#setOf(high);
    high |= 0;
    low |= 0;
    if (!this.#lock(set)) return;
    const known = this.#find(set, high, low);
    const record = known === NONE ? this.#findFree(set, low, now) : known;
    if (record !== NONE) {
      rule.charge(this.#doubles, (record + STATE) / 2, now, cost, this);
      if (known === NONE) this.#claim(record, high, low);
      this.#floats[record + UNTIL] = roundUp(this.untilTick);
    }
    this.#unlock(set);
    this.#tellMs(now, rule);
  }

  /** Undoes a `take` that admitted `cost` at `takenAtMs`. */
  giveBack(high: number, low: number, nowMs: number, rule: LimitRule, cost: number, takenAtMs: number): void {
    const now = Math.floor(nowMs * rule.ticksPerMs);
    const takenAt = Math.floor(takenAtMs * rule.ticksPerMs);
    const set = this.#setOf(high);
    if (!this.#lock(set)) return;
    const record = this.#find(set, high | 0, low | 0);
    if (record !== NONE) {
      rule.giveBack(this.#doubles, (record + STATE) / 2, now, cost, takenAt, this);
      this.#floats[record + UNTIL] = roundUp(this.untilTick);
    }
    this.#unlock(set);
    this.#tellMs(now, rule);
  }

  /** Opens the locks that a thread held when it died; to be called once it is certain that it has. */
  releaseHeldBy(owner: number): void {
    for (let lock = HEAD_WORDS; lock < HEAD_WORDS + this.#sets; lock++) {
      if (Atomics.compareExchange(this.#words, lock, owner, 0) === owner) Atomics.notify(this.#words, lock);
    }
  }

  #setOf(high: number): number {
    return Math.floor((high / 2 ** 32) * this.#sets);
  }

  #find(set: number, high: number, low: number): number {
    const words = this.#words;
    const first = this.#records + set * SLOTS_PER_SET * this.#recordWords;
    for (let i = 0; i < SLOTS_PER_SET; i++) {
      const record = first + ((low + i) & (SLOTS_PER_SET - 1)) * this.#recordWords;
      if (words[record] === high && words[record + 1] === low && words[record + USED] === 1) return record;
      if (words[record + USED] === 0) return NONE;
    }
    return NONE;
  }

  /** The first record, from the key's own place on, that nobody has used yet or whose state has run out; its state is empty. */
  #findFree(set: number, low: number, now: number): number {
    const first = this.#records + set * SLOTS_PER_SET * this.#recordWords;
    for (let i = 0; i < SLOTS_PER_SET; i++) {
      const record = first + ((low + i) & (SLOTS_PER_SET - 1)) * this.#recordWords;
      if (this.#words[record + USED] !== 0 && this.#floats[record + UNTIL]! > now) continue;
      const at = (record + STATE) / 2;
      this.#doubles.fill(0, at, at + this.#stateSize);
      return record;
    }
    return NONE;
  }

  #claim(record: number, high: number, low: number): void {
    this.#words[record] = high;
    this.#words[record + 1] = low;
    this.#words[record + USED] = 1;
  }

  #tellMs(now: number, rule: LimitRule): void {
    this.fullInMs = Math.max(0, this.untilTick - now) / rule.ticksPerMs;
    this.waitMs = this.waitTicks / rule.ticksPerMs;
  }

  #unlock(set: number): void {
    Atomics.store(this.#words, HEAD_WORDS + set, 0);
  }

  #lock(set: number): boolean {
    const lock = HEAD_WORDS + set;
    return Atomics.compareExchange(this.#words, lock, 0, this.#owner) === 0 || this.#wait(lock);
  }

  /** Waits for a lock that another thread holds. False: it holds it for too long to be alive. */
  #wait(lock: number): boolean {
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(this.#words, lock, 0, this.#owner) === 0) return true;
    }
    // The holder was preempted: make room for it. Letting go does not notify, which would cost every decision a call.
    for (let i = 0; i < LONGEST_WAIT_MS; i++) {
      const holder = Atomics.compareExchange(this.#words, lock, 0, this.#owner);
      if (holder === 0) return true;
      Atomics.wait(this.#words, lock, holder, 1);
    }
    return false;
  }

  #full(): "full" {
    Atomics.add(this.#words, FULL, 1);
    return "full";
  }
}

function setsFor(maxKeys: number): number {
  return Math.ceil((SLOTS_A_KEY * maxKeys) / SLOTS_PER_SET);
}

/** Behind the locks, at the beginning of a line of memory. */
function firstRecord(sets: number): number {
  return Math.ceil((HEAD_WORDS + sets) / 16) * 16;
}

/** The next number that a float can be: a state must not be taken for one that has run out too early. */
function roundUp(tick: number): number {
  return Math.fround(tick) >= tick ? tick : Math.fround(tick * (1 + 2 ** -23));
}
