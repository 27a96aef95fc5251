import type { ClientCode } from "../core/client-codes.ts";
import type { Clock, Log } from "../host/host.ts";

/** How often the log hears of one code: an attack must not become one on the log. */
const SAY_EVERY_MS = 10_000;

interface Count {
  connections: number;
  sayAgainAtMs: number;
}

/** Tells the log of connections that are closed without an answer: of each code at once, then at intervals how many there were. */
export class TurnedAway {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #byCode = new Map<ClientCode, Count>();

  constructor(host: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = host.clock;
    this.#log = host.log;
  }

  say(code: ClientCode, clientAddress: string, why: string): void {
    let count = this.#byCode.get(code);
    if (count === undefined) {
      count = { connections: 0, sayAgainAtMs: -Infinity };
      this.#byCode.set(code, count);
    }
    count.connections++;
    const nowMs = this.#clock.now();
    if (nowMs < count.sayAgainAtMs) return;
    const { connections } = count;
    count.connections = 0;
    count.sayAgainAtMs = nowMs + SAY_EVERY_MS;
    this.#log.warn({ code, clientAddress, connections }, `connections were closed without an answer: ${why}`);
  }
}
