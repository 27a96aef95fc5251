import type { Observer } from "../core/observer.ts";
import type { Config } from "../config/schema.ts";
import { compile, type CompiledGateway } from "../gateway/compile.ts";
import { closePolicy } from "../contract/policy-kind.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import { isLoopback } from "../lib/loopback.ts";
import { Door } from "../listeners/door.ts";
import { doorRules } from "../listeners/door-rules.ts";
import { inject } from "../listeners/inject.ts";
import { EventLog } from "../observe/event-log.ts";

/** Where a gateway accepts clients. */
export interface GatewayAddress {
  /** The IP address that it is bound to, without brackets. */
  readonly host: string;
  /** The port that it was given, also where the config says 0. */
  readonly port: number;
  /** `http://host:port`, without a slash at its end. */
  readonly url: string;
}

/** A gateway in this process. */
export class Gateway {
  readonly #config: Config;
  readonly #host: Host;
  readonly #compiled: CompiledGateway;
  /** One for each entry of `listen`; requests without a socket go by the first. */
  readonly #doors: readonly [Door, ...Door[]];
  readonly #afterClose: () => Promise<void>;
  #ready = false;
  #closed: Promise<void> | undefined = undefined;

  /** Compiles `config`; throws a `ConfigError` with all that is wrong with it. `closed` is called when all else is closed. */
  constructor(
    config: Config,
    host: Host,
    observers: readonly Observer[],
    closed: () => Promise<void> = async () => {},
  ) {
    this.#config = config;
    this.#host = host;
    this.#afterClose = closed;
    this.#compiled = compile(config, {
      host,
      events: new EventLog(host),
      deadlines: new Deadlines(host.clock),
      observers,
      loopback: isLoopback(config.listen.host) && config.listen.trustedProxies.length === 0,
      ready: () => this.#ready,
    });
    this.#doors = [new Door(config.listen, doorRules(config.listen, config, this.#compiled))];
  }

  /** How many routes and services it has. */
  get size(): { readonly routes: number; readonly services: number } {
    return { routes: this.#compiled.routes.length, services: this.#compiled.services.size };
  }

  /** Begins to accept; to be called once. Rejects with the system's error when the address cannot be had (`EADDRINUSE`, `EACCES`). */
  async start(): Promise<GatewayAddress> {
    const [first, ...others] = this.#doors;
    const { host, port } = await first.open();
    for (const door of others) await door.open();
    this.#ready = true;
    return { host, port, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}` };
  }

  /** Logs an error that nobody caught and that belongs to no request that is known. */
  logUncaught(error: unknown): void {
    this.#host.log.error({ err: error }, "uncaught error");
  }

  /**
   * Runs `request` through the whole gateway, codec included, without a socket: for tests, and for serving from another
   * server's handler. The client's address is 127.0.0.1. Resolves once the response's head is there; rejects with a `TypeError`
   * when the gateway ends the connection before that, as it does once it is closing, and with the reason of the request's
   * signal when that is aborted. Works without `start()`.
   */
  inject(request: Request): Promise<Response> {
    return inject(this.#doors[0], request);
  }

  /** Turns unready, stops accepting, lets what is in flight finish for at most `drain`, and frees everything. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#ready = false;
    await Promise.all(this.#doors.map((door) => door.close(this.#config.drain)));
    for (const service of this.#compiled.services.values()) service.close();
    for (const policy of this.#compiled.policies) await closePolicy(policy);
    await this.#afterClose();
  }
}
