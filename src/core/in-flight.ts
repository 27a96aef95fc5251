/** How many exchanges a snapshot has, so that what it uses can be closed behind the last of them. */
export class InFlight {
  #count = 0;
  #whenOver: (() => void) | undefined = undefined;

  begin(): void {
    this.#count++;
  }

  end(): void {
    if (--this.#count === 0) this.#whenOver?.();
  }

  /** Calls `task` once, when the last exchange is over; to be called when there will be no other. */
  whenOver(task: () => void): void {
    if (this.#count === 0) task();
    else this.#whenOver = task;
  }
}
