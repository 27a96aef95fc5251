import type { Clock } from "../../host/host.ts";

/** Something that has more to do than its share of a turn allows. */
export interface Waiting {
  goOn(): void;
}

/**
 * How many of them go on in one turn. Each may take what a few requests take, and all others wait meanwhile: two hundred
 * connections that pipelined requests, all going on in every turn, made the p99 of others five times as long.
 */
const A_TURN = 2;

/** Those that wait for their turn; a few go on in each, the one that has waited for the longest first. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets `waiting` go on in one of the next turns. */
  wait(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.nextTurn(() => this.#next());
  }

  #next(): void {
    this.#scheduled = false;
    let left = Math.min(A_TURN, this.#waiting.size);
    for (const waiting of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(waiting);
      waiting.goOn();
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
