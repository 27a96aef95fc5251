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
 * Deadlines for everything that waits, by one shared timer that looks at all of them ten times a second: arming and
 * disarming is one assignment, where a timer of its own would cost every request several insertions into Node's lists.
 * A deadline is met up to `SWEEP_MS` late, never early.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Expiring>();
  #stop: (() => void) | undefined = undefined;

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
    const nowMs = this.#clock.now();
    for (const item of this.#waiting) if (item.deadline <= nowMs) item.expired(nowMs);
  }
}
