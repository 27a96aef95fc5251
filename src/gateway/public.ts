import type { ConfigInput } from "../config/schema.ts";

/** Where a gateway accepts clients. */
export interface GatewayAddress {
  /** The IP address that it is bound to, without brackets. */
  readonly host: string;
  /** The port that it was given, also where the config says 0. */
  readonly port: number;
  /** `http://host:port`, without a slash at its end. */
  readonly url: string;
}

/**
 * A gateway in this process, as `createGateway` makes it.
 *
 * @example
 * const gateway = createGateway({ listen: { port: 0 }, routes: [{ path: "/", handler: "index" }] });
 * const { url } = await gateway.start();
 * console.log(await (await fetch(url)).text());
 * await gateway.close();
 */
export interface Gateway {
  /** How many routes and services the config has that it serves by now. */
  readonly size: { readonly routes: number; readonly services: number };

  /**
   * Begins to accept clients at the address of `listen`; to be called once. Rejects with the system's error where that cannot be had
   * (`EADDRINUSE`, `EACCES`), which `error.code` names.
   */
  start(): Promise<GatewayAddress>;

  /**
   * Runs `request` through the whole gateway, without a socket and without `start()`: for tests, and for serving from another server's
   * handler. The client's address is 127.0.0.1. Resolves once the response's head is there. Rejects with a `TypeError` where the
   * gateway ends the connection before that, as it does once it is closing; with the reason of the request's signal where that is
   * aborted; with the error of the request's body where that fails.
   *
   * @example
   * const response = await gateway.inject(new Request("http://gateway.test/users/7"));
   * assert.equal(response.status, 401);
   */
  inject(request: Request): Promise<Response>;

  /**
   * Serves by another config, as it is written. What is in flight ends by the old one; the next request of each connection is answered
   * by the new one, which goes on with the counts, connections and keys of what has stayed as it was. Rejects with a `ConfigError`,
   * and changes nothing, where something is wrong with the config or only a restart can change it; with an `Error` once the
   * gateway is closed.
   *
   * @example
   * await gateway.reload({ ...config, routes: [...config.routes, { path: "/new", service: "users" }] });
   */
  reload(config: ConfigInput): Promise<void>;

  /**
   * Turns unready, stops accepting, lets what is in flight finish for at most the config's `drain`, and frees everything. Calling it again
   * returns the same promise.
   */
  close(): Promise<void>;
}
