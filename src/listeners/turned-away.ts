import type { ClientCode } from "../core/client-codes.ts";
import type { Events } from "../core/events.ts";

/** Tells of connections that are closed without an answer. */
export class TurnedAway {
  readonly #events: Events;

  constructor(events: Events) {
    this.#events = events;
  }

  say(code: ClientCode, clientAddress: string, why: string): void {
    this.#events.tell({ kind: "connections.turned_away", code, clientAddress, why });
  }
}
