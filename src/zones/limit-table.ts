import type { TokenBucket } from "./token-bucket.ts";

/** `full`: the key has no bucket and none could be made; whether it may pass is for the caller to say. */
export type Verdict = "admitted" | "refused" | "full";

/*
 * The buffer: a head, then sets of SLOTS_PER_SET slots. A set is contiguous:
 *
 *   lock, used          2 words   who changes the set (0: nobody), and how many slots have ever been used
 *   keys                2 words a slot
 *   missing             1 double a slot   units that the bucket lacks to be full, at ...
 *   tick                1 double a slot   ... this tick
 */
const SLOTS_PER_SET = 32;
const HEAD_BYTES = 64;
const SET_BYTES = 8 + SLOTS_PER_SET * 24;
const HEAD_WORDS = HEAD_BYTES / 4;
const SET_WORDS = SET_BYTES / 4;

/** Positions in the head: of words, then of doubles (the first 32 bytes are words). */
const SETS = 0;
const SEED = 1;
const FULL = 3;
const BUCKET = 4;

/** A change takes well under a microsecond, so whoever holds a lock is about to let go of it, or is not running at all. */
const SPINS = 100;
const LONGEST_WAIT_MS = 100;

/**
 * Token buckets under 64-bit keys, in memory that any number of threads share. A decision is one critical section under the
 * lock of the key's set, so threads can never admit more than the bucket holds, and threads that ask about different keys hardly
 * ever meet. All buckets of a table have the same numbers.
 *
 * A full bucket and no bucket are the same thing: a slot whose bucket has refilled is free for another key. There are
 * twice as many slots as keys asked for, so that sets, which keys fill at random, do not run full before the table does
 * (with all keys in use, about one set in ten thousand). That makes 50 bytes a key.
 */
export class LimitTable {
  /** What another thread makes its own `LimitTable` of. */
  readonly buffer: SharedArrayBuffer;
  /** The random key for hashing, two words; the same in every thread. */
  readonly seed: readonly [number, number];

  /** Of the last decision: whole tokens left. */
  remaining = 0;
  /** Of the last decision: milliseconds until the bucket is full again. */
  fullInMs = 0;
  /** Of the last decision: milliseconds until a token is there; 0 when one is left. */
  tokenInMs = 0;

  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #owner: number;
  readonly #sets: number;
  readonly #capacityUnits: number;
  readonly #tokenUnits: number;
  readonly #unitsPerTick: number;
  readonly #ticksPerMs: number;

  /** A new, empty table for at least `maxKeys` buckets. `seed`: 64 random bits that clients cannot know. */
  static create(
    maxKeys: number,
    bucket: TokenBucket,
    seed: readonly [number, number],
    owner = 1,
  ): LimitTable {
    const sets = Math.ceil((2 * maxKeys) / SLOTS_PER_SET);
    const buffer = new SharedArrayBuffer(HEAD_BYTES + sets * SET_BYTES);
    new Int32Array(buffer).set([sets, seed[0], seed[1]], SETS);
    new Float64Array(buffer).set(
      [bucket.capacityUnits, bucket.tokenUnits, bucket.unitsPerTick, bucket.ticksPerMs],
      BUCKET,
    );
    return new LimitTable(buffer, owner);
  }

  /**
   * The table in `buffer`, as another thread made it. `owner` is a positive integer that no other living thread uses: locks carry
   * it, so that they can be taken from a thread that died.
   */
  constructor(buffer: SharedArrayBuffer, owner: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#owner = owner;
    this.#sets = this.#words[SETS]!;
    this.seed = [this.#words[SEED]!, this.#words[SEED + 1]!];
    this.#capacityUnits = this.#doubles[BUCKET]!;
    this.#tokenUnits = this.#doubles[BUCKET + 1]!;
    this.#unitsPerTick = this.#doubles[BUCKET + 2]!;
    this.#ticksPerMs = this.#doubles[BUCKET + 3]!;
  }

  /** How often a key found no room, in all threads, modulo 2^32. */
  get fullCount(): number {
    return Atomics.load(this.#words, FULL) >>> 0;
  }

  /**
   * Takes a token of the bucket under the key (two unsigned words), if there is one; a refusal takes nothing. `nowMs` is
   * monotonic and means the same in all threads. Time never runs backwards in a bucket: a thread that read its clock a
   * little earlier than the last one to come refills nothing.
   */
  take(high: number, low: number, nowMs: number): Verdict {
    const words = this.#words;
    const doubles = this.#doubles;
    const unitsPerTick = this.#unitsPerTick;
    const now = Math.floor(nowMs * this.#ticksPerMs);
    const lock = HEAD_WORDS + Math.floor((high / 2 ** 32) * this.#sets) * SET_WORDS;
    if (Atomics.compareExchange(words, lock, 0, this.#owner) !== 0 && !this.#wait(lock)) return this.#full();

    const used = words[lock + 1]!;
    const keys = lock + 2;
    const missings = (keys + 2 * SLOTS_PER_SET) / 2;
    const ticks = missings + SLOTS_PER_SET;
    high |= 0;
    low |= 0;
    let slot = 0;
    while (slot < used && (words[keys + 2 * slot] !== high || words[keys + 2 * slot + 1] !== low)) slot++;

    let missing = 0;
    let tick = now;
    if (slot < used) {
      tick = Math.max(now, doubles[ticks + slot]!);
      missing = Math.max(0, doubles[missings + slot]! - (tick - doubles[ticks + slot]!) * unitsPerTick);
    } else {
      slot = 0;
      while (slot < used && doubles[missings + slot]! > (now - doubles[ticks + slot]!) * unitsPerTick) slot++;
      if (slot === SLOTS_PER_SET) {
        Atomics.store(words, lock, 0);
        return this.#full();
      }
    }

    const admitted = missing + this.#tokenUnits <= this.#capacityUnits;
    if (admitted) {
      missing += this.#tokenUnits;
      // In this order, so that a thread that is terminated between two lines leaves a bucket that holds too little.
      if (slot === used) words[lock + 1] = used + 1;
      words[keys + 2 * slot] = high;
      words[keys + 2 * slot + 1] = low;
      doubles[ticks + slot] = tick;
      doubles[missings + slot] = missing;
    }
    Atomics.store(words, lock, 0);

    const unitsPerMs = unitsPerTick * this.#ticksPerMs;
    this.remaining = Math.floor((this.#capacityUnits - missing) / this.#tokenUnits);
    this.fullInMs = missing / unitsPerMs;
    this.tokenInMs = Math.max(0, missing + this.#tokenUnits - this.#capacityUnits) / unitsPerMs;
    return admitted ? "admitted" : "refused";
  }

  /** Opens the locks that a thread held when it died; to be called once it is certain that it has. */
  releaseHeldBy(owner: number): void {
    for (let set = 0; set < this.#sets; set++) {
      const lock = HEAD_WORDS + set * SET_WORDS;
      if (Atomics.compareExchange(this.#words, lock, owner, 0) === owner) Atomics.notify(this.#words, lock);
    }
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
