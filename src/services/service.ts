import type { Events } from "../core/events.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Deadlines } from "../host/deadlines.ts";
import type { Clock, Host } from "../host/host.ts";
import type { Balancer } from "./balance/balancer.ts";
import { createBalancer } from "./balance/index.ts";
import { Breaker, type Circuit } from "./breaker/breaker.ts";
import { availableTargets } from "./health/available-targets.ts";
import type { ServiceConfig } from "./schema.ts";
import { ServiceTarget, TargetState } from "./target.ts";
import { Pool, type PoolSettings } from "./transport/pool.ts";

/**
 * What stands behind a name of the config: targets, which of them is next, and whether it is asked at all. What changes while it
 * works is in `TargetState`, in the balancer and in the breaker, and nowhere else.
 */
export class Service {
  readonly name: string;
  /** What errors call it. */
  readonly title: string;
  readonly targets: readonly ServiceTarget[];
  readonly breaker: Breaker | undefined;
  readonly #balancer: Balancer;
  readonly #clock: Clock;

  constructor(name: string, config: ServiceConfig, host: Host, events: Events, deadlines: Deadlines) {
    this.name = name;
    this.title = config.title ?? `${name.charAt(0).toUpperCase()}${name.slice(1)} service`;
    const settings = poolSettings(config);
    this.targets = config.targets.map((address, index) => {
      const state = new TargetState(new Pool(host, deadlines, address, settings));
      return new ServiceTarget(index, address.authority, state);
    });
    this.#balancer = createBalancer(config.balance, host.random);
    this.#clock = host.clock;
    this.breaker = createBreaker(name, config, host, events);
  }

  /** The target of the next attempt at answering `x`. */
  chooseTarget(x: Exchange): ServiceTarget {
    const available = availableTargets(this.targets, this.#clock);
    return this.targets[this.#balancer.choose(available, x).index]!;
  }

  /** The circuit, as health, errors and logs name it; a service without a breaker is always closed. */
  get circuit(): Circuit {
    return this.breaker?.circuit ?? "closed";
  }

  close(): void {
    for (const target of this.targets) target.state.pool.close();
  }
}

function poolSettings({ timeouts, maxHead, pool }: ServiceConfig): PoolSettings {
  return {
    connectMs: timeouts.connect,
    responseMs: timeouts.response,
    idleMs: timeouts.idle,
    headBytes: maxHead,
    maxConnections: pool.maxConnections,
    maxQueued: pool.maxQueued,
    queueMs: pool.queueTimeout,
    keptMs: pool.idleTimeout,
  };
}

function createBreaker(name: string, config: ServiceConfig, host: Host, events: Events): Breaker | undefined {
  if (config.circuitBreaker === false) return undefined;
  return new Breaker(config.circuitBreaker, host.clock, host.random, (to, from) =>
    events.tell({ kind: "circuit.changed", service: name, from, to }),
  );
}
