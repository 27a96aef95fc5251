import type { Host } from "../../host/host.ts";
import type { Limit } from "./limit.ts";

const INTERVAL_MS = 60_000;

/** Tells the log of limits, however often there is something to tell, once a minute. */
export class LimitReports {
  readonly #host: Host;
  readonly #toldAtMs = new Map<string, number>();
  readonly #wouldRefuse = new Map<Limit, number>();

  constructor(host: Host) {
    this.#host = host;
  }

  full(limit: Limit): void {
    const { name, onFull } = limit.config;
    if (!this.#isDue(`full ${name}`)) return;
    this.#host.log.warn(
      { limit: name, times: limit.table.fullCount },
      `the table of a rate limit is full, new clients are ${onFull === "allow" ? "not limited" : "refused"}: raise maxKeys`,
    );
  }

  /** A limit in shadow mode has let a request pass that it would have refused. */
  wouldRefuse(limit: Limit): void {
    const times = (this.#wouldRefuse.get(limit) ?? 0) + 1;
    this.#wouldRefuse.set(limit, times);
    const { name } = limit.config;
    if (!this.#isDue(`shadow ${name}`)) return;
    this.#host.log.info({ limit: name, times }, "a rate limit in shadow mode would have refused requests");
    this.#wouldRefuse.set(limit, 0);
  }

  #isDue(what: string): boolean {
    const nowMs = this.#host.clock.now();
    if (nowMs - (this.#toldAtMs.get(what) ?? -Infinity) < INTERVAL_MS) return false;
    this.#toldAtMs.set(what, nowMs);
    return true;
  }
}
