/** Words of an entry: the number of the table, 0 where nothing is held; the two halves of the key; what was taken. */
const ENTRY_WORDS = 4;
const TABLE = 0;
const HIGH = 1;
const LOW = 2;
const COST = 3;

/** A thread may hold so much at a time. Memory that was never written to takes none. */
const MOST_ENTRIES = 2 ** 18;

/** What a thread has taken and must give back. */
export interface Holding {
  readonly table: number;
  /** The key: two unsigned words. */
  readonly high: number;
  readonly low: number;
  readonly cost: number;
}

/**
 * What one thread holds of limits on what is under way: written down in memory that outlives the thread, so that another one can
 * give it back. Only the thread itself writes, and another reads once it has died; so an entry costs a few plain writes.
 *
 * A thread is terminated where it calls a function or repeats a loop. So an entry is prepared first, and what makes it count is one
 * word, which the rule writes right behind the state of the limit: `words[entry] = table`, and 0 once it is given back.
 */
export class Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  /** The entry and the table that the decision under way is about. */
  entry = 0;
  table = 0;
  readonly #free: number[] = [];
  /** Where the first entry begins that was never used; none begins at 0. */
  #unused = ENTRY_WORDS;

  /** A new one, or that in the buffer of another thread. */
  constructor(buffer = new SharedArrayBuffer(4 * ENTRY_WORDS * (MOST_ENTRIES + 1))) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
  }

  /** Prepares an entry for a decision. False: there is no room, and what could not be given back must not be taken. */
  begin(table: number, high: number, low: number, cost: number): boolean {
    const entry = this.#free.pop() ?? this.#unused;
    if (entry === this.words.length) return false;
    if (entry === this.#unused) this.#unused += ENTRY_WORDS;
    this.words[entry + HIGH] = high;
    this.words[entry + LOW] = low;
    this.words[entry + COST] = cost;
    this.entry = entry;
    this.table = table;
    return true;
  }

  /** Ends the decision that has begun: the entry, or 0 where nothing was taken. */
  end(taken: boolean): number {
    const { entry } = this;
    if (taken) return entry;
    this.#free.push(entry);
    return 0;
  }

  /** What the entry notes was given back. */
  discard(entry: number): void {
    this.#free.push(entry);
  }

  /** What the thread held when it died, and holds no longer: whoever asks gives it back. */
  takeAll(): Holding[] {
    const { words } = this;
    const all: Holding[] = [];
    for (let entry = ENTRY_WORDS; entry < words.length; entry += ENTRY_WORDS) {
      const table = words[entry + TABLE]!;
      if (table === 0) continue;
      words[entry + TABLE] = 0;
      const [high, low] = [words[entry + HIGH]! >>> 0, words[entry + LOW]! >>> 0];
      all.push({ table, high, low, cost: words[entry + COST]! });
    }
    return all;
  }
}
