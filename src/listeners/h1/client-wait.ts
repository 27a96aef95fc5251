import type { Expiring } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import type { ListenerSettings } from "./listener.ts";

/** After a last response the client may go on sending for so long, else a reset would destroy the response on its way. */
const LINGER_MS = 2000;

/** What a connection waits for when the client has taken all that was written. */
export type Awaited = "head" | "body" | "idle" | "linger" | "nothing";

/** How long a client's connection waits, and for what. */
export class ClientWait {
  /** Monotonic milliseconds; see `Expiring`. */
  deadline: Expiring["deadline"];

  readonly #clock: Clock;
  readonly #timeouts: ListenerSettings["timeouts"];
  #headDeadline = Infinity;
  #unsentBytes = 0;

  constructor(clock: Clock, timeouts: ListenerSettings["timeouts"]) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.deadline = clock.now() + timeouts.head;
  }

  /** Begins to wait; `unsentBytes` is what the client has not taken of its responses. */
  begin(awaited: Awaited, unsentBytes: number): void {
    this.#unsentBytes = unsentBytes;
    // While a service works, and that is after every request, not even the clock need be read.
    if (awaited === "nothing" && unsentBytes === 0) {
      this.deadline = Infinity;
      return;
    }
    const timeouts = this.#timeouts;
    const nowMs = this.#clock.now();
    if (unsentBytes > 0) this.deadline = nowMs + timeouts.write;
    else if (awaited === "body") this.deadline = nowMs + timeouts.body;
    else if (awaited === "idle") this.deadline = nowMs + timeouts.idle;
    else if (awaited === "linger") this.deadline = nowMs + LINGER_MS;
    else {
      // However often a head goes on, it has one deadline.
      if (this.#headDeadline === Infinity) this.#headDeadline = nowMs + timeouts.head;
      this.deadline = this.#headDeadline;
    }
  }

  headRead(): void {
    this.#headDeadline = Infinity;
  }

  /** Whether the client has taken some of what it was waited for to take: it is slow, not dead. */
  hasTaken(unsentBytes: number): boolean {
    return unsentBytes < this.#unsentBytes;
  }
}
