import { systemClock } from "../host/clock.ts";
import type { Clock, Host, Log, Network, Outbound } from "../host/host.ts";
import { noOutbound } from "../host/outbound.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * A clock that only moves when told to. Both its times are in milliseconds; it begins at the first of January 2026, UTC, unless
 * it is given another moment, in milliseconds since the epoch.
 */
export class SimulatedClock implements Clock {
  #nowMs = 0;
  readonly #wallAtZeroMs: number;
  readonly #timers = new Set<{ everyMs: number; nextMs: number; task: () => void }>();

  constructor(wallAtZeroMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallAtZeroMs = wallAtZeroMs;
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#wallAtZeroMs + this.#nowMs;
  }

  every(intervalMs: number, task: () => void): () => void {
    const timer = { everyMs: intervalMs, nextMs: this.#nowMs + intervalMs, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Turns are the real ones, also where time stands still. */
  nextTurn(task: () => void): void {
    systemClock.nextTurn(task);
  }

  /** Moves time forward by `ms` milliseconds, running what falls due on the way, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      let next: { everyMs: number; nextMs: number; task: () => void } | undefined;
      for (const timer of this.#timers) {
        if (timer.nextMs <= untilMs && (next === undefined || timer.nextMs < next.nextMs)) next = timer;
      }
      if (next === undefined) break;
      this.#nowMs = next.nextMs;
      next.nextMs += next.everyMs;
      next.task();
    }
    this.#nowMs = untilMs;
  }
}

/** A log that keeps its lines, for a test to read. */
export class RecordedLog implements Log {
  readonly lines: { level: "info" | "warn" | "error"; fields: object; message: string | undefined }[] = [];
  info(fields: object, message?: string): void {
    this.lines.push({ level: "info", fields, message });
  }
  warn(fields: object, message?: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: object, message?: string): void {
    this.lines.push({ level: "error", fields, message });
  }
}

const noNetwork: Network = {
  connect() {
    throw new Error("this simulated host has no network");
  },
  listen() {
    return Promise.reject(new Error("this simulated host has no network"));
  },
};

export interface SimulatedHostSettings {
  /** What chance is drawn from: the same for the same seed. */
  readonly seed?: number;
  /** By default there is none, and a request to a service is an internal error; `systemNetwork` is that of this machine. */
  readonly network?: Network;
  /** Who answers the gateway's own requests, as for an issuer's keys; by default nobody does. */
  readonly outbound?: Outbound;
}

export interface SimulatedHost extends Host {
  readonly clock: SimulatedClock;
  readonly log: RecordedLog;
}

/**
 * A host without a machine: time by hand, repeatable randomness, a recorded log, and nobody to ask unless given.
 *
 * @example
 * const host = simulatedHost();
 * const gateway = createGateway(config, { host });
 * const first = await gateway.inject(new Request("http://gateway.test/")); // 200, of a limit of one a minute
 * const second = await gateway.inject(new Request("http://gateway.test/")); // 429
 * host.clock.advance(60_000);
 * const third = await gateway.inject(new Request("http://gateway.test/")); // 200 again
 */
export function simulatedHost({
  seed = 1,
  network = noNetwork,
  outbound = noOutbound,
}: SimulatedHostSettings = {}): SimulatedHost {
  const seeded = new SeededRandom(seed);
  const fraction = (): number => seeded.fraction();
  return {
    clock: new SimulatedClock(),
    log: new RecordedLog(),
    network,
    outbound,
    random: {
      fraction,
      hex: (length) => Array.from({ length }, () => Math.floor(fraction() * 16).toString(16)).join(""),
    },
  };
}
