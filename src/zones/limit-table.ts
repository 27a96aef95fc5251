import type { LimitRule, Outcome } from "./limit-rule.ts";
import { leaveLock, openLock, takeLock } from "./shared-lock.ts";

/** `full`: the key has no state and there is no room for one; whether it may pass is for the caller to say. */
export type Verdict = "admitted" | "refused" | "full";

/*
 * The buffer: a head, then lines, and a lock in each of them. A key's states begin in its home, the line that its hash names, so that
 * a decision waits once for memory, for one line of the processor's cache:
 *
 *   lock     1 word
 *   passed   1 float     until this tick there are states behind the line of keys whose home is this line or one before
 *   until    2 floats    for each state, the tick from which on it says no more than an empty one, rounded up: after a month of
 *                        uptime, by up to a quarter of a second
 *   keys     2 times 2 words
 *   states   2 times as many doubles as the rules of the table need
 *
 * An empty line is zero: its two states belong to nobody, or to the key that is zero and was never seen, which is the same.
 */
const SLOTS_PER_LINE = 2;
const LOCK = 0;
const PASSED = 1;
const UNTIL = 2;
const KEYS = 4;
const STATES = 8;

/** Words in a line of the processor's cache. */
const CACHE_LINE = 16;

/** The head. Large buffers begin 16 bytes into a page, behind what the C library keeps there; with this head, the lines do not straddle. */
const HEAD_WORDS = 12;

/** Positions of words in the head. */
const HOMES = 0;
const SEED = 1;
const FULL = 3;
const STATE_SIZE = 4;
const TICKS_PER_MS = 5;
const NUMBER = 6;

/** Places for each key that is asked for: lines are filled at random, and must not run full before the table does. */
const SLOTS_A_KEY = 1.95;

/** So many lines, from its home on, may hold a key. Of a million keys in use, about the farthest is in the twentieth. */
const REACH = 24;

/** No line, or no place in one. */
const NONE = -1;

/**
 * The states of a limit under 64-bit keys, in memory that any number of threads share. A decision is one critical section under
 * the lock of the key's home, so threads can never admit more than the rule does, and threads that ask about different keys hardly
 * ever meet. Where a key's state lies behind its home, the lines from there to it are locked as well, in that order, so that no
 * two threads wait for each other.
 *
 * A state that has run out and no state are the same thing: its place is free for another key. There are nearly twice as many places
 * as keys asked for: with all keys in use, seven of eight are in their home. With states of up to two numbers, as nearly all rules
 * have, a key takes 63 bytes. What it costs is in `docs/decisions/0005-limit-table-with-line-locks.md`.
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

  /** By which ledgers name it. */
  readonly number: number;

  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  readonly #owner: number;
  readonly #homes: number;
  readonly #stateSize: number;
  readonly #ticksPerMs: number;
  readonly #lineWords: number;

  /** What `#enter` found: the line and which of its places, whether the key was there, and the last line that is locked. */
  #line = 0;
  #slot = 0;
  #known = false;
  #last = 0;

  /** A new, empty table for at least `maxKeys` states of rules such as `rule`. `seed`: 64 random bits that clients cannot know. */
  static create(
    maxKeys: number,
    { stateSize, ticksPerMs }: Pick<LimitRule, "stateSize" | "ticksPerMs">,
    seed: readonly [number, number],
    owner = 1,
    number = 1,
  ): LimitTable {
    const buffer = new SharedArrayBuffer(LimitTable.sizeOf(maxKeys, stateSize));
    new Int32Array(buffer).set([homesFor(maxKeys), ...seed, 0, stateSize, ticksPerMs, number], HOMES);
    return new LimitTable(buffer, owner);
  }

  /** Bytes that `create` takes. */
  static sizeOf(maxKeys: number, stateSize: number): number {
    return 4 * (HEAD_WORDS + (homesFor(maxKeys) + REACH - 1) * lineWordsOf(stateSize));
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
    this.number = this.#words[NUMBER]!;
    this.#homes = this.#words[HOMES]!;
    this.seed = [this.#words[SEED]!, this.#words[SEED + 1]!];
    this.#stateSize = this.#words[STATE_SIZE]!;
    this.#ticksPerMs = this.#words[TICKS_PER_MS]!;
    this.#lineWords = lineWordsOf(this.#stateSize);
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
    const now = Math.floor(nowMs * this.#ticksPerMs);
    const home = this.#homeOf(high);
    if (!this.#enter(home, high | 0, low | 0, now)) return this.#full();
    const admitted = rule.take(this.#doubles, this.#stateAt(), now, cost, this);
    if (admitted) this.#keep(home, high | 0, low | 0, now);
    this.#leave(home, this.#last);
    this.#tellMs(now);
    return admitted ? "admitted" : "refused";
  }

  /** Takes `cost` whether it is there or not. False: a key without a state, and without room for one, is let off. */
  charge(high: number, low: number, nowMs: number, rule: LimitRule, cost: number): boolean {
    const now = Math.floor(nowMs * this.#ticksPerMs);
    const home = this.#homeOf(high);
    if (!this.#enter(home, high | 0, low | 0, now)) return false;
    rule.charge(this.#doubles, this.#stateAt(), now, cost, this);
    this.#keep(home, high | 0, low | 0, now);
    this.#leave(home, this.#last);
    this.#tellMs(now);
    return true;
  }

  /** Undoes a `take` that admitted `cost` at `takenAtMs`. False: the key has no state any more. */
  giveBack(
    high: number,
    low: number,
    nowMs: number,
    rule: LimitRule,
    cost: number,
    takenAtMs: number,
  ): boolean {
    const now = Math.floor(nowMs * this.#ticksPerMs);
    const takenAt = Math.floor(takenAtMs * this.#ticksPerMs);
    const home = this.#homeOf(high);
    if (!this.#enter(home, high | 0, low | 0, now)) return false;
    const known = this.#known;
    if (known) {
      rule.giveBack(this.#doubles, this.#stateAt(), now, cost, takenAt, this);
      this.#keep(home, high | 0, low | 0, now);
    }
    this.#leave(home, this.#last);
    if (known) this.#tellMs(now);
    return known;
  }

  /** Opens the locks that a thread held when it died; to be called once it is certain that it has. */
  releaseHeldBy(owner: number): void {
    for (let line = HEAD_WORDS; line < this.#words.length; line += this.#lineWords)
      openLock(this.#words, line + LOCK, owner);
  }

  #homeOf(high: number): number {
    return HEAD_WORDS + Math.floor((high / 2 ** 32) * this.#homes) * this.#lineWords;
  }

  #stateAt(): number {
    return (this.#line + STATES) / 2 + this.#slot * this.#stateSize;
  }

  /**
   * Locks the lines from the home on until the key is found, or it is certain that it has no state; then its place is the first
   * free one, and empty. False: there is none, or a lock was not to be had; nothing is locked then.
   */
  #enter(home: number, high: number, low: number, now: number): boolean {
    if (!this.#lock(home)) return false;
    const slot = this.#slotOf(home, high, low);
    if (slot === NONE) return this.#search(home, high, low, now);
    this.#found(home, slot, true, home);
    return true;
  }

  /** The rest of `#enter`, for a key that its home does not have. */
  #search(home: number, high: number, low: number, now: number): boolean {
    const step = this.#lineWords;
    const farthest = home + (REACH - 1) * step;
    let freeSlot = this.#freeSlotOf(home, now);
    let free = freeSlot === NONE ? NONE : home;
    let line = home;
    while (line < farthest && (free === NONE || this.#floats[line + PASSED]! > now)) {
      line += step;
      if (!this.#lock(line)) {
        this.#leave(home, line - step);
        return false;
      }
      const slot = this.#slotOf(line, high, low);
      if (slot !== NONE) {
        this.#found(line, slot, true, line);
        return true;
      }
      if (free !== NONE) continue;
      freeSlot = this.#freeSlotOf(line, now);
      if (freeSlot !== NONE) free = line;
    }
    if (free === NONE) {
      this.#leave(home, line);
      return false;
    }
    this.#found(free, freeSlot, false, line);
    const at = this.#stateAt();
    this.#doubles.fill(0, at, at + this.#stateSize);
    return true;
  }

  #slotOf(line: number, high: number, low: number): number {
    const words = this.#words;
    const key = line + KEYS;
    if (words[key] === high && words[key + 1] === low) return 0;
    return words[key + 2] === high && words[key + 3] === low ? 1 : NONE;
  }

  #freeSlotOf(line: number, now: number): number {
    const floats = this.#floats;
    if (floats[line + UNTIL]! <= now) return 0;
    return floats[line + UNTIL + 1]! <= now ? 1 : NONE;
  }

  #found(line: number, slot: number, known: boolean, last: number): void {
    this.#line = line;
    this.#slot = slot;
    this.#known = known;
    this.#last = last;
  }

  /**
   * Notes whose the state is and how long, after it has changed, beginning with what leads to it: a thread that is terminated
   * between two lines leaves a key that has too little, and none that is lost.
   */
  #keep(home: number, high: number, low: number, now: number): void {
    const words = this.#words;
    const floats = this.#floats;
    const line = this.#line;
    // What says nothing now leaves its place at once, not after the next number that a float can be.
    const until = this.untilTick > now ? roundUp(this.untilTick) : 0;
    for (let passed = home + PASSED; passed < line; passed += this.#lineWords) {
      if (floats[passed]! < until) floats[passed] = until;
    }
    if (!this.#known) {
      const key = line + KEYS + 2 * this.#slot;
      words[key] = high;
      words[key + 1] = low;
    }
    floats[line + UNTIL + this.#slot] = until;
  }

  #leave(home: number, last: number): void {
    leaveLock(this.#words, home + LOCK);
    if (last === home) return;
    for (let line = home + this.#lineWords; line <= last; line += this.#lineWords)
      leaveLock(this.#words, line + LOCK);
  }

  #tellMs(now: number): void {
    this.fullInMs = Math.max(0, this.untilTick - now) / this.#ticksPerMs;
    this.waitMs = this.waitTicks / this.#ticksPerMs;
  }

  #lock(line: number): boolean {
    return takeLock(this.#words, line + LOCK, this.#owner);
  }

  #full(): "full" {
    Atomics.add(this.#words, FULL, 1);
    return "full";
  }
}

function homesFor(maxKeys: number): number {
  return Math.ceil((SLOTS_A_KEY * maxKeys) / SLOTS_PER_LINE);
}

/** A line of the processor's cache, or more where states do not fit. */
function lineWordsOf(stateSize: number): number {
  return Math.max(CACHE_LINE, STATES + SLOTS_PER_LINE * 2 * stateSize);
}

/** The next number that a float can be: a state must not be taken for one that has run out too early. */
function roundUp(tick: number): number {
  return Math.fround(tick) >= tick ? tick : Math.fround(tick * (1 + 2 ** -23));
}
