import type { Deadlines, Expiring } from "../../host/deadlines.ts";
import type { Host, SocketAddress } from "../../host/host.ts";
import { NO_FREE_CONNECTION } from "../failure.ts";
import {
  ServiceConnection,
  type ConnectionOwner,
  type ConnectionSettings,
  type ConnectionUser,
} from "./connection.ts";

export interface PoolSettings extends ConnectionSettings {
  readonly maxConnections: number;
  readonly maxQueued: number;
  readonly queueMs: number;
  readonly keptMs: number;
}

/** A request that waits for a connection. */
interface Waiting extends Expiring {
  /** It wants a connection that was never used. */
  readonly fresh: boolean;
}

/**
 * The connections to one target. Idle ones are used newest first, so that a quiet service is left with few; when all
 * that may be open are in use, requests wait in order, so many and so long.
 */
export class Pool implements ConnectionOwner {
  readonly #host: Host;
  readonly #deadlines: Deadlines;
  readonly #address: SocketAddress;
  readonly #settings: PoolSettings;
  readonly #idle: ServiceConnection[] = [];
  readonly #open = new Set<ServiceConnection>();
  readonly #queue = new Map<ConnectionUser, Waiting>();
  #closing = false;

  constructor(host: Host, deadlines: Deadlines, address: SocketAddress, settings: PoolSettings) {
    this.#host = host;
    this.#deadlines = deadlines;
    this.#address = address;
    this.#settings = settings;
  }

  /**
   * Gives `user` a connection, at once or later, by `ready`, or says by `failed` that there is none. `fresh` asks for
   * one that was never used.
   */
  acquire(user: ConnectionUser, fresh = false): void {
    if (!fresh) {
      const idle = this.#idle.pop();
      if (idle !== undefined) return idle.lend(user);
    }
    if (this.#open.size < this.#settings.maxConnections) return this.#connect(user);
    if (this.#queue.size >= this.#settings.maxQueued) return user.failed(NO_FREE_CONNECTION);
    const waiting: Waiting = {
      deadline: this.#host.clock.now() + this.#settings.queueMs,
      fresh,
      expired: () => {
        this.#leaveQueue(user);
        user.failed(NO_FREE_CONNECTION);
      },
    };
    this.#queue.set(user, waiting);
    this.#deadlines.add(waiting);
  }

  /** Takes back a request that still waits for a connection. */
  cancel(user: ConnectionUser): void {
    this.#leaveQueue(user);
  }

  released(connection: ServiceConnection): void {
    for (const [user, { fresh }] of this.#queue) {
      // One that was used is no good to it: `lost` opens another in its place.
      if (fresh) return connection.destroy();
      this.#leaveQueue(user);
      return connection.lend(user);
    }
    if (this.#closing) return connection.destroy();
    connection.deadline = this.#host.clock.now() + this.#settings.keptMs;
    this.#idle.push(connection);
  }

  lost(connection: ServiceConnection): void {
    this.#open.delete(connection);
    const place = this.#idle.lastIndexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
    if (this.#queue.size === 0 || this.#open.size >= this.#settings.maxConnections) return;
    for (const user of this.#queue.keys()) {
      this.#leaveQueue(user);
      return this.#connect(user);
    }
  }

  /** Closes what is idle now, and the rest when it has done its work. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #connect(user: ConnectionUser): void {
    const connection = new ServiceConnection(this, user, this.#host.clock, this.#deadlines, this.#settings);
    this.#open.add(connection);
    connection.attach(this.#host.network.connect(this.#address, connection));
  }

  #leaveQueue(user: ConnectionUser): void {
    const waiting = this.#queue.get(user);
    if (waiting === undefined) return;
    this.#queue.delete(user);
    this.#deadlines.remove(waiting);
  }
}
