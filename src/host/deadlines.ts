import type { Clock } from "./host.ts";

/** Something that waits no longer than until its deadline. */
export interface Expiring {
  /** Monotonic milliseconds; Infinity while it may wait for ever. Set it as often as you like: it costs nothing. */
  deadline: number;
  /** The deadline has passed. Called again at the next sweep unless the deadline is moved or this is removed. */
  expired(nowMs: number): void;
}

const SWEEP_MS = 100;
/**
 * How many expire before all others had their turn: a refusal and a closed connection cost some tenths of a millisecond, and
 * a thousand clients that began to wait together would hold everybody else until the last of them has been told.
 */
const MOST_EXPIRED_PER_TURN = 4;

/**
 * Deadlines for everything that waits, by one shared timer that looks at all of them ten times a second: arming and
 * disarming is one assignment, where a timer of its own would cost every request several insertions into Node's lists.
 * A deadline is met up to `SWEEP_MS` late, and some turns more where many pass at once, never early.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Expiring>();
  #stop: (() => void) | undefined = undefined;
  /** A sweep goes on in the next turn. */
  #unfinished = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(item: Expiring): void {
    this.#waiting.add(item);
    this.#stop ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  remove(item: Expiring): void {
    this.#waiting.delete(item);
    if (this.#waiting.size > 0 || this.#stop === undefined) return;
    this.#stop();
    this.#stop = undefined;
  }

  #sweep(): void {
    if (!this.#unfinished) this.#goOn(this.#waiting.values());
  }

  #goOn(items: IterableIterator<Expiring>): void {
    this.#unfinished = false;
    const nowMs = this.#clock.now();
    let left = MOST_EXPIRED_PER_TURN;
    // Not `for`, which could not go on with what it has left.
    for (let next = items.next(); next.done !== true; next = items.next()) {
      if (next.value.deadline > nowMs) continue;
      next.value.expired(nowMs);
      if (--left > 0) continue;
      this.#unfinished = true;
      this.#clock.nextTurn(() => this.#goOn(items));
      return;
    }
  }
}
