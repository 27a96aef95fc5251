import { EVENTS, type EventKind, type EventMeaning, type Events, type GatewayEvent } from "../core/events.ts";
import type { Clock, Host, Log } from "../host/host.ts";

/** Events of one kind and one `by`. */
interface Tally {
  /** Since the last line. */
  count: number;
  sayAgainAtMs: number;
}

/** Logs events as `EVENTS` says. Of many there is a line at once, then one at intervals with how many there were: an attack must not become one on the log. */
export class EventLog implements Events {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tallies = new Map<EventKind, Map<unknown, Tally>>();

  constructor({ clock, log }: Pick<Host, "clock" | "log">) {
    this.#clock = clock;
    this.#log = log;
  }

  tell(event: GatewayEvent): void {
    const { level, message, fields, atMost }: EventMeaning = EVENTS[event.kind];
    const values: Readonly<Record<string, unknown>> = event;
    const count = atMost === undefined ? 1 : this.#countDue(event.kind, values[atMost.by], atMost.everyMs);
    if (count === 0) return;
    const told: Record<string, unknown> = {};
    for (const name of fields) if (values[name] !== undefined) told[name] = values[name];
    if (atMost !== undefined) told[atMost.count] = count;
    this.#log[level](
      told,
      message.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])),
    );
  }

  /** Of how many events a line is due, this one included; 0 where none is. */
  #countDue(kind: EventKind, by: unknown, everyMs: number): number {
    let ofKind = this.#tallies.get(kind);
    if (ofKind === undefined) this.#tallies.set(kind, (ofKind = new Map<unknown, Tally>()));
    let tally = ofKind.get(by);
    if (tally === undefined) ofKind.set(by, (tally = { count: 0, sayAgainAtMs: -Infinity }));
    tally.count++;
    const nowMs = this.#clock.now();
    if (nowMs < tally.sayAgainAtMs) return 0;
    const { count } = tally;
    tally.count = 0;
    tally.sayAgainAtMs = nowMs + everyMs;
    return count;
  }
}
