/** Runs a few tasks at a time, and lets a bounded number wait for their turn, in order. */
export class BoundedQueue {
  readonly #atOnce: number;
  readonly #mayWait: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, mayWait: number) {
    this.#atOnce = atOnce;
    this.#mayWait = mayWait;
  }

  /** True when one more task would be one too many. */
  get full(): boolean {
    return this.#running >= this.#atOnce && this.#waiting.length >= this.#mayWait;
  }

  /** Runs `task` when its turn comes. Ask `full` first. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, so that a newcomer in between does not take it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
