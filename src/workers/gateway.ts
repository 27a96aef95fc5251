import type { Config } from "../config/schema.ts";
import { compile, type CompiledGateway, type ObserversOf } from "../gateway/compile.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import { isLoopback } from "../lib/loopback.ts";
import { Door } from "../listeners/door.ts";
import { doorRules } from "../listeners/door-rules.ts";
import { inject } from "../listeners/inject.ts";
import { EventLog } from "../observe/event-log.ts";
import { StateStore } from "../state/store.ts";
import { refuseFixed } from "./fixed.ts";

/** Where a gateway accepts clients. */
export interface GatewayAddress {
  /** The IP address that it is bound to, without brackets. */
  readonly host: string;
  /** The port that it was given, also where the config says 0. */
  readonly port: number;
  /** `http://host:port`, without a slash at its end. */
  readonly url: string;
}

export interface GatewaySettings {
  /** Who sees the exchanges; by default nobody does. */
  readonly observers?: ObserversOf;
  /** What is kept while configs come and go; by default it begins with nothing. */
  readonly state?: StateStore;
  /** Called when all else is closed. */
  readonly closed?: () => Promise<void>;
}

/** A gateway in this process. */
export class Gateway {
  readonly #host: Host;
  readonly #settings: Required<GatewaySettings>;
  readonly #events: EventLog;
  readonly #deadlines: Deadlines;
  /** One for each entry of `listen`; requests without a socket go by the first. */
  readonly #doors: readonly [Door, ...Door[]];
  #config: Config;
  #compiled: CompiledGateway;
  /** Those of configs before, whose last exchange is not over. */
  readonly #retired = new Set<CompiledGateway>();
  #ready = false;
  #closed: Promise<void> | undefined = undefined;

  /** Compiles `config`; throws a `ConfigError` with all that is wrong with it. */
  constructor(config: Config, host: Host, settings: GatewaySettings = {}) {
    this.#host = host;
    this.#settings = {
      observers: () => [],
      state: new StateStore(host),
      closed: async () => {},
      ...settings,
    };
    this.#events = new EventLog(host);
    this.#deadlines = new Deadlines(host.clock);
    this.#config = config;
    this.#compiled = this.#compile(config);
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

  /**
   * Serves by another config: what is in flight ends by the old one, and the next request of each connection is answered by the new
   * one, which goes on with the counts, connections and keys of what has stayed as it was. Rejects with a `ConfigError`, and
   * changes nothing, where something is wrong with it or only a restart can change it.
   */
  async reload(config: Config): Promise<void> {
    if (this.#closed !== undefined) throw new Error("the gateway is closed");
    refuseFixed(this.#config, config);
    const compiled = this.#compile(config);
    const old = this.#compiled;
    this.#config = config;
    this.#compiled = compiled;
    for (const door of this.#doors) door.use(doorRules(config.listen, config, compiled));
    this.#retired.add(old);
    old.snapshot.inFlight.whenOver(() => {
      this.#retired.delete(old);
      old.release().catch((error: unknown) => this.logUncaught(error));
    });
  }

  /** Turns unready, stops accepting, lets what is in flight finish for at most `drain`, and frees everything. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#ready = false;
    await Promise.all(this.#doors.map((door) => door.close(this.#config.drain)));
    await Promise.all([...this.#retired, this.#compiled].map((compiled) => compiled.release()));
    await this.#settings.closed();
  }

  #compile(config: Config): CompiledGateway {
    const { observers, state } = this.#settings;
    return compile(config, {
      host: this.#host,
      events: this.#events,
      deadlines: this.#deadlines,
      state,
      observers,
      loopback: isLoopback(config.listen.host) && config.listen.trustedProxies.length === 0,
      ready: () => this.#ready,
    });
  }
}
