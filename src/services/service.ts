import type { Events } from "../core/events.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Deadlines } from "../host/deadlines.ts";
import type { Clock, Host } from "../host/host.ts";
import type { State } from "../state/state.ts";
import type { Balancer } from "./balance/balancer.ts";
import { createBalancer } from "./balance/index.ts";
import { Breaker, type Circuit } from "./breaker/breaker.ts";
import { availableTargets } from "./health/available-targets.ts";
import type { ServiceConfig } from "./schema.ts";
import { ServiceTarget, TargetState } from "./target.ts";
import { Pool, type PoolSettings } from "./transport/pool.ts";

/**
 * What stands behind a name of the config: targets, which of them is next, and whether it is asked at all. What changes while it
 * works is in `TargetState`, in the balancer and in the breaker, and nowhere else. A target keeps its state, connections included, as
 * long as its address and settings are the same, and the breaker what it has counted as long as it is about the same targets.
 */
export class Service {
  readonly name: string;
  /** What errors call it. */
  readonly title: string;
  readonly targets: readonly ServiceTarget[];
  readonly breaker: Breaker | undefined;
  readonly #balancer: Balancer;
  readonly #clock: Clock;

  constructor(
    name: string,
    config: ServiceConfig,
    host: Host,
    events: Events,
    deadlines: Deadlines,
    state: State,
  ) {
    this.name = name;
    this.title = config.title ?? `${name.charAt(0).toUpperCase()}${name.slice(1)} service`;
    const settings = poolSettings(config);
    this.targets = config.targets.map((address, index) => {
      const { authority } = address;
      const kept = state.own(
        ["target", authority, settings],
        () => new TargetState(new Pool(host, deadlines, address, settings)),
        ({ pool }) => pool.close(),
      );
      return new ServiceTarget(index, authority, kept);
    });
    this.#balancer = createBalancer(config.balance, host.random);
    this.#clock = host.clock;
    this.breaker = findBreaker(name, config, host, events, state);
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

function findBreaker(
  name: string,
  config: ServiceConfig,
  host: Host,
  events: Events,
  state: State,
): Breaker | undefined {
  const { circuitBreaker, targets } = config;
  if (circuitBreaker === false) return undefined;
  const authorities = targets.map(({ authority }) => authority);
  return state.own(["breaker", circuitBreaker, authorities], () => {
    const { clock, random } = host;
    return new Breaker(circuitBreaker, clock, random, (to, from) =>
      events.tell({ kind: "circuit.changed", service: name, from, to }),
    );
  });
}
