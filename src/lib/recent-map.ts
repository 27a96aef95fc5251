/**
 * A map that holds at most `entries`, and forgets what has not been asked for lately. Two generations: when the young one
 * is full, it becomes the old one, and what the old one held is forgotten unless it was asked for again. A hit in the young
 * generation changes nothing, which makes it cheaper than a list kept in exact order of use.
 */
export class RecentMap<V> {
  readonly #half: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** `entries` is at least 2. */
  constructor(entries: number) {
    this.#half = Math.floor(entries / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) {
      this.#old.delete(key);
      this.set(key, old);
    }
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
