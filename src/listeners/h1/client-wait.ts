import type { Expiring } from "../../host/deadlines.ts";
import type { Holder } from "../holdings.ts";
import type { DoorTools } from "../protocol.ts";

/** After a last response the client may go on sending for so long, else a reset would destroy the response on its way. */
const LINGER_MS = 2000;
/**
 * And for so long where it has sent more than is read of it: hundreds of clients that send heads without end, and come again
 * when they are refused, would else be held with what they have sent, and every collection would have to copy them.
 */
const FLOOD_MS = 500;

/** What a connection waits for when the client has taken all that was written. */
export type Awaited = "head" | "body" | "idle" | "linger" | "flood" | "nothing";

/** How long a client's connection waits, for what, and what is held for it meanwhile. */
export class ClientWait {
  /** Monotonic milliseconds; see `Expiring`. */
  deadline: Expiring["deadline"];

  readonly #tools: DoorTools;
  readonly #holder: Holder;
  #headDeadline = Infinity;
  #unsentBytes = 0;
  #heldBytes = 0;
  #inHead = false;

  constructor(tools: DoorTools, holder: Holder) {
    this.#tools = tools;
    this.#holder = holder;
    this.deadline = tools.clock.now() + tools.current.timeouts.head;
  }

  /**
   * Begins to wait; `unsentBytes` is what the client has not taken of its responses, `heldBytes` what is held of its
   * requests. The client may have to give way for it before this returns.
   */
  begin(awaited: Awaited, unsentBytes: number, heldBytes: number): void {
    this.#setDeadline(awaited, unsentBytes);
    this.#hold(awaited === "head", unsentBytes + heldBytes);
  }

  /** Nothing is waited for or held any more. */
  end(): void {
    this.#hold(false, 0);
  }

  #hold(inHead: boolean, bytes: number): void {
    const { heads, held } = this.#tools;
    if (inHead !== this.#inHead) {
      this.#inHead = inHead;
      heads.set(this.#holder, inHead ? 1 : 0);
    }
    if (bytes !== this.#heldBytes) {
      this.#heldBytes = bytes;
      held.set(this.#holder, bytes);
    }
  }

  #setDeadline(awaited: Awaited, unsentBytes: number): void {
    this.#unsentBytes = unsentBytes;
    // While a service works, and that is after every request, not even the clock need be read.
    if (awaited === "nothing" && unsentBytes === 0) {
      this.deadline = Infinity;
      return;
    }
    const { clock, current } = this.#tools;
    const { timeouts } = current;
    const nowMs = clock.now();
    if (unsentBytes > 0) this.deadline = nowMs + timeouts.write;
    else if (awaited === "body") this.deadline = nowMs + timeouts.body;
    else if (awaited === "idle") this.deadline = nowMs + timeouts.idle;
    else if (awaited === "linger") this.deadline = nowMs + LINGER_MS;
    else if (awaited === "flood") this.deadline = nowMs + FLOOD_MS;
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
