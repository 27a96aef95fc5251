import type { Clock } from "../host/host.ts";

/** Something that has more to do than its share of a turn allows. */
export interface Waiting {
  goOn(): void;
}

/**
 * How many of them go on in one turn. Each may take what a few requests take, and all others wait meanwhile: two hundred
 * connections that pipelined requests, all going on in every turn, made the p99 of others five times as long.
 */
const MOST_PER_TURN = 2;

/**
 * How much longer than they took they rest, so that they have a quarter of the time at most: what they leave behind is collected
 * in pauses that all others share.
 */
const REST = 3;

/** Those that wait for their turn; a few go on in each, the one that has waited for the longest first. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #scheduled = false;
  #restsUntilMs = 0;

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

  #goOn(): void {
    let left = Math.min(MOST_PER_TURN, this.#waiting.size);
    for (const waiting of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(waiting);
      waiting.goOn();
    }
  }

  #next(): void {
    this.#scheduled = false;
    const beganMs = this.#clock.now();
    if (beganMs >= this.#restsUntilMs) {
      this.#goOn();
      const endedMs = this.#clock.now();
      this.#restsUntilMs = endedMs + REST * (endedMs - beganMs);
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
