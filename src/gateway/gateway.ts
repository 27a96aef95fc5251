import { parseConfig } from "../config/parse.ts";
import type { Config, ConfigInput } from "../config/schema.ts";
import { compile, type CompiledGateway, type ObserversOf } from "../compile/compile.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import { isLoopback } from "../lib/loopback.ts";
import { Door } from "../listeners/door.ts";
import { doorRules } from "../listeners/door-rules.ts";
import { inject } from "../listeners/inject.ts";
import { EventLog } from "../observe/event-log.ts";
import { StateStore } from "../state/store.ts";
import { refuseFixed } from "./fixed.ts";
import type { GatewayAddress, Gateway as PublicGateway } from "./public.ts";

export interface GatewaySettings {
  /** Who sees the exchanges; by default nobody does. */
  readonly observers?: ObserversOf;
  /** What is kept while configs come and go; by default it begins with nothing. */
  readonly state?: StateStore;
  /** Called when all else is closed. */
  readonly closed?: () => Promise<void>;
}

/** A gateway in this process; what it has beside its public face is for the command line. */
export class Gateway implements PublicGateway {
  readonly #host: Host;
  readonly #settings: Required<GatewaySettings>;
  readonly #events: EventLog;
  readonly #deadlines: Deadlines;
  /** One for each entry of `listen`; requests without a socket go by the first. */
  readonly #doors: readonly [Door, ...Door[]];
  #config: Config;
  #compiled: CompiledGateway;
  /** Those of configs before, whose last exchange is not over, or which are still closing behind it. */
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

  get size(): { readonly routes: number; readonly services: number } {
    return { routes: this.#compiled.routes.length, services: this.#compiled.services.size };
  }

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

  inject(request: Request): Promise<Response> {
    return inject(this.#doors[0], request);
  }

  async reload(input: ConfigInput): Promise<void> {
    if (this.#closed !== undefined) throw new Error("the gateway is closed");
    const config = parseConfig(input);
    refuseFixed(this.#config, config);
    const compiled = this.#compile(config);
    const old = this.#compiled;
    this.#config = config;
    this.#compiled = compiled;
    for (const door of this.#doors) door.use(doorRules(config.listen, config, compiled));
    this.#retired.add(old);
    old.snapshot.inFlight.whenOver(() => {
      old
        .release()
        .catch((error: unknown) => this.logUncaught(error))
        .finally(() => this.#retired.delete(old));
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#ready = false;
    await Promise.all(this.#doors.map((door) => door.close(this.#config.drain)));
    const all = [...this.#retired, this.#compiled].map((compiled) => compiled.release());
    const released = await Promise.allSettled(all);
    // Also where a policy cannot be closed: the log has lines that are not written yet.
    await this.#settings.closed();
    for (const one of released) if (one.status === "rejected") throw one.reason;
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
