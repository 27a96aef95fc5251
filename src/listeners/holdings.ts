/** A client for whom something is held. */
export interface Holder {
  /** What is held for this client is to be given up, and its request with it. */
  giveWay(): void;
}

/**
 * What is held for all clients of a listener together, with a bound on it. Past the bound, whoever has held something for
 * the longest without any change gives way: refusing the newest would let those who hold all there is keep it, and
 * would turn away the client whose request is complete in a moment.
 */
export class Holdings {
  /** The bound; a lower one counts from the next change on. */
  most: number;
  /** In the order of their last change. */
  readonly #amounts = new Map<Holder, number>();
  #total = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** From now on `amount` is held for `holder`; 0: nothing any more. */
  set(holder: Holder, amount: number): void {
    this.#drop(holder);
    if (amount === 0) return;
    this.#amounts.set(holder, amount);
    this.#total += amount;
    while (this.#total > this.most) {
      const [oldest] = this.#amounts.keys();
      this.#drop(oldest!);
      oldest!.giveWay();
    }
  }

  #drop(holder: Holder): void {
    const amount = this.#amounts.get(holder);
    if (amount === undefined) return;
    this.#amounts.delete(holder);
    this.#total -= amount;
  }
}
