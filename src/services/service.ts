import type { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { State } from "../state/state.ts";
import type { Balancer } from "./balance/balancer.ts";
import { RoundRobin } from "./balance/round-robin.ts";
import { Breaker, type Circuit } from "./breaker/breaker.ts";
import type { ServiceConfig } from "./schema.ts";
import { Pool } from "./transport/pool.ts";

/** One address of a service, with the connections to it. */
export interface Target {
  /** Host and port, as logs and the Host field name it. */
  readonly authority: string;
  readonly pool: Pool;
}

/**
 * What stands behind a name of the config: targets, which of them is next, and whether it is asked at all. A target keeps its
 * connections as long as its address and settings are the same, and the breaker what it has counted as long as it is about the same
 * targets.
 */
export class Service {
  readonly name: string;
  /** What errors call it. */
  readonly title: string;
  readonly targets: readonly Target[];
  readonly balancer: Balancer;
  readonly breaker: Breaker | undefined;

  constructor(name: string, config: ServiceConfig, host: Host, deadlines: Deadlines, state: State) {
    this.name = name;
    this.title = config.title ?? `${name.charAt(0).toUpperCase()}${name.slice(1)} service`;
    const settings = {
      connectMs: config.timeouts.connect,
      responseMs: config.timeouts.response,
      idleMs: config.timeouts.idle,
      headBytes: config.maxHead,
      maxConnections: config.pool.maxConnections,
      maxQueued: config.pool.maxQueued,
      queueMs: config.pool.queueTimeout,
      keptMs: config.pool.idleTimeout,
    };
    this.targets = config.targets.map((address) =>
      state.own(
        ["target", address.authority, settings],
        (): Target => ({
          authority: address.authority,
          pool: new Pool(host, deadlines, address, settings),
        }),
        ({ pool }) => pool.close(),
      ),
    );
    this.balancer = new RoundRobin(this.targets.length, host.clock);
    const { circuitBreaker } = config;
    if (circuitBreaker === false) return;
    const authorities = this.targets.map(({ authority }) => authority);
    this.breaker = state.own(["breaker", circuitBreaker, authorities], () => {
      const tell = (to: Circuit, from: Circuit): void =>
        host.log.warn({ service: name, from, to }, `circuit of service ${name} is ${to}`);
      return new Breaker(circuitBreaker, host.clock, host.random, tell);
    });
  }

  /** The circuit, as health, errors and logs name it; a service without a breaker is always closed. */
  get circuit(): Circuit {
    return this.breaker?.circuit ?? "closed";
  }
}
