import type { Clock, Random } from "../host/host.ts";
import { Concurrency } from "../zones/concurrency.ts";
import { randomSeed } from "../zones/keyed-hash.ts";
import { Ledger } from "../zones/ledger.ts";
import { LimitTable } from "../zones/limit-table.ts";
import { RevocationTable } from "../zones/revocation-table.ts";
import type { State, StateName } from "./state.ts";

/** What another thread makes its own store of: it can be sent there as a message. */
export interface SharedState {
  readonly thread: number;
  readonly ledger: SharedArrayBuffer;
  readonly buffers: ReadonlyMap<string, SharedArrayBuffer>;
}

/** Something that is kept as long as somebody borrows it. */
interface Kept<T = unknown> {
  readonly key: string;
  readonly value: T;
  readonly close: (value: T) => void;
  /** What other threads need of it. */
  readonly buffer: SharedArrayBuffer | undefined;
  borrowers: number;
}

/** A rule that gives back; of what size it is does not matter for that. */
const held = new Concurrency(1);

/**
 * All state of a thread, by keys: what it has alone, and its view of what it shares with others. Snapshots borrow from it; what none
 * borrows any more is closed and forgotten. The thread that has made the store makes what is shared; the others find that, and
 * make none of their own, which would be a limit for each.
 */
export class StateStore {
  readonly thread: number;
  readonly ledger: Ledger | undefined;
  readonly #host: { readonly clock: Clock; readonly random: Random };
  readonly #kept = new Map<string, Kept>();
  /** What the thread that has made it all has shared; undefined where that is this one. */
  readonly #shared: SharedState | undefined;
  readonly #ledgers = new Map<number, Ledger>();
  /** Numbers whose threads are dead and hold nothing, and the last that was given out anew. */
  readonly #freeThreads: number[] = [];
  #lastThread = 1;
  #lastTable = 0;

  constructor(host: { readonly clock: Clock; readonly random: Random }, shared?: SharedState) {
    this.#host = host;
    this.#shared = shared;
    this.thread = shared?.thread ?? 1;
    this.ledger = shared && new Ledger(shared.ledger);
  }

  /** How many states there are. */
  get size(): number {
    return this.#kept.size;
  }

  /** For a snapshot, which finds all its state by it. */
  borrow(): Borrowing {
    return new Borrowing(this);
  }

  /** What a new thread makes its store of, with a number that is its own until it has died and what it held is given back. */
  share(): SharedState {
    const thread = this.#freeThreads.pop() ?? ++this.#lastThread;
    const ledger = new Ledger();
    this.#ledgers.set(thread, ledger);
    const buffers = new Map<string, SharedArrayBuffer>();
    for (const { key, buffer } of this.#kept.values()) if (buffer !== undefined) buffers.set(key, buffer);
    return { thread, ledger: ledger.buffer, buffers };
  }

  /** Gives back what a thread held that has died: its locks, and what its requests took of limits on what is under way. */
  releaseHeldBy(thread: number): void {
    const ledger = this.#ledgers.get(thread);
    if (ledger === undefined) return;
    this.#ledgers.delete(thread);
    this.#freeThreads.push(thread);
    const tables = new Map<number, LimitTable>();
    for (const { value } of this.#kept.values()) {
      if (value instanceof LimitTable) tables.set(value.number, value);
      if (value instanceof LimitTable || value instanceof RevocationTable) value.releaseHeldBy(thread);
    }
    const nowMs = this.#host.clock.now();
    for (const { table, high, low, cost } of ledger.takeAll())
      tables.get(table)?.giveBack(high, low, nowMs, held, cost, nowMs);
  }

  // --- For borrowings

  limitTable(key: string, maxKeys: number, rule: Parameters<typeof LimitTable.create>[1]): Kept<LimitTable> {
    return this.#findShared(
      key,
      () => LimitTable.create(maxKeys, rule, randomSeed(this.#host.random), this.thread, ++this.#lastTable),
      (buffer) => new LimitTable(buffer, this.thread),
    );
  }

  revocationTable(key: string, entries: number): Kept<RevocationTable> {
    return this.#findShared(
      key,
      () => RevocationTable.create(entries, randomSeed(this.#host.random), this.thread),
      (buffer) => new RevocationTable(buffer, this.thread),
    );
  }

  find<T>(key: string, make: () => T, close: (value: T) => void, buffer?: SharedArrayBuffer): Kept<T> {
    const known = this.#kept.get(key) as Kept<T> | undefined;
    if (known !== undefined) return known;
    const made: Kept<T> = { key, value: make(), close, buffer, borrowers: 0 };
    this.#kept.set(key, made as Kept);
    return made;
  }

  giveBack(kept: Kept): void {
    kept.borrowers--;
    if (kept.borrowers > 0) return;
    this.#kept.delete(kept.key);
    kept.close(kept.value);
  }

  #findShared<T extends { readonly buffer: SharedArrayBuffer }>(
    key: string,
    create: () => T,
    over: (buffer: SharedArrayBuffer) => T,
  ): Kept<T> {
    const known = this.#kept.get(key) as Kept<T> | undefined;
    if (known !== undefined) return known;
    const buffer = this.#shared?.buffers.get(key);
    if (this.#shared !== undefined && buffer === undefined)
      throw new Error(`no other thread shares this state, so it would not count for all: ${key}`);
    const value = buffer === undefined ? create() : over(buffer);
    return this.find(
      key,
      () => value,
      () => {},
      value.buffer,
    );
  }
}

/** What one snapshot has borrowed of a store. */
export class Borrowing {
  readonly #store: StateStore;
  readonly #borrowed = new Set<Kept>();
  readonly #asked = new Map<string, number>();
  readonly #closers: (() => void | Promise<void>)[] = [];
  #released: Promise<void> | undefined = undefined;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /**
   * State as it is found from a place, which has its name by what stands there and not by how many stand before it. Where several
   * places have one name, the first that asks finds the first one's state, and so on.
   */
  at(...place: readonly unknown[]): State {
    const store = this.#store;
    const keyHere = (what: string, name: StateName): string => this.#numbered(keyOf(what, [place, ...name]));
    return {
      thread: store.thread,
      ledger: store.ledger,
      limitTable: (name, maxKeys, rule) => {
        const shape = [maxKeys, rule.stateSize, rule.ticksPerMs];
        return this.#take(store.limitTable(keyHere("limit", [...name, ...shape]), maxKeys, rule));
      },
      revocationTable: (zone, entries) =>
        this.#take(store.revocationTable(keyOf("revocations", [zone, entries]), entries)),
      own: (name, make, close = nothing) => this.#take(store.find(keyHere("own", name), make, close)),
      common: (name, make, close = nothing) => this.#take(store.find(keyOf("common", name), make, close)),
    };
  }

  /** Calls `close` at the end of the snapshot, for what is of it alone. */
  beforeRelease(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes what is of the snapshot alone, and gives back the rest; to be called when nothing of the snapshot is used any more. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    // A closer that throws keeps none of the others from closing.
    const closing = this.#closers.map(async (close) => close());
    for (const kept of this.#borrowed) closing.push((async () => this.#store.giveBack(kept))());
    await Promise.all(closing);
  }

  #take<T>(kept: Kept<T>): T {
    const borrowed = kept as Kept;
    if (!this.#borrowed.has(borrowed)) {
      this.#borrowed.add(borrowed);
      kept.borrowers++;
    }
    return kept.value;
  }

  #numbered(key: string): string {
    const times = (this.#asked.get(key) ?? 0) + 1;
    this.#asked.set(key, times);
    return times === 1 ? key : `${key} ${times}`;
  }
}

function keyOf(what: string, name: StateName): string {
  return `${what} ${JSON.stringify(name)}`;
}

function nothing(): void {}
