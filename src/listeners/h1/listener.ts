import type { Snapshot } from "../../core/snapshot.ts";
import { Deadlines, type Expiring } from "../../host/deadlines.ts";
import type { Clock, ListeningSocket, Wire, WirePeer } from "../../host/host.ts";
import { nobody } from "../../host/nobody.ts";
import { directProvenance } from "../../http/forwarded/provenance.ts";
import type { RequestLimits } from "../../http/h1/request-parser.ts";
import { acceptProxied } from "../proxy-protocol/gate.ts";
import { TurnedAway } from "../turned-away.ts";
import { Admission } from "./admission.ts";
import { ClientConnection } from "./connection.ts";
import { CurrentLimits, currentOf, type Current, type ListenerSettings } from "./current.ts";
import { DateLine } from "./date-line.ts";
import { Holdings } from "./holdings.ts";
import { Turns } from "./turns.ts";

/** What is open at a listener. */
interface Accepted extends Expiring {
  /** For a shutdown: end now if nothing is in flight, else after it. */
  drain(): void;
  /** For the end of a shutdown's patience. */
  destroy(): void;
}

/** An address that accepts clients who speak HTTP/1. */
export class Listener {
  readonly clock: Clock;
  readonly dateLine: DateLine;
  /** Taken anew with each head. */
  current: Current;
  /** For parsers: what `current` says, whenever they ask. */
  readonly limits: RequestLimits = new CurrentLimits(this);
  /** Heads in progress, counted. */
  readonly heads: Holdings;
  /** Memory that messages take which are not complete, or that their receiver does not take. */
  readonly held: Holdings;
  readonly turns: Turns;
  readonly turnedAway: TurnedAway;
  draining = false;

  readonly #settings: ListenerSettings;
  readonly #deadlines: Deadlines;
  readonly #admission: Admission;
  /** With the address of the client that each is counted for; empty where it is not. */
  readonly #connections = new Map<Accepted, string>();
  #socket: ListeningSocket | undefined = undefined;
  #emptied: (() => void) | undefined = undefined;

  constructor(snapshot: Snapshot, settings: ListenerSettings) {
    this.current = currentOf(snapshot, settings);
    this.clock = snapshot.host.clock;
    this.dateLine = new DateLine(this.clock);
    this.turns = new Turns(this.clock);
    this.heads = new Holdings(settings.maxHeads);
    this.held = new Holdings(settings.heldBytes);
    this.turnedAway = new TurnedAway(snapshot.host);
    this.#admission = new Admission(settings, this.turnedAway);
    this.#settings = settings;
    this.#deadlines = new Deadlines(this.clock);
  }

  /** Serves with another snapshot from the next head of each connection on. The address stays what it is. */
  replace(snapshot: Snapshot, settings: ListenerSettings): void {
    this.current = currentOf(snapshot, settings);
    this.heads.most = settings.maxHeads;
    this.held.most = settings.heldBytes;
    this.#admission.bounds = settings;
  }

  /** Begins to accept; rejects with the system's error when it cannot. */
  async open(): Promise<{ host: string; port: number }> {
    const { host, port, proxyProtocol } = this.#settings;
    this.#socket = await this.current.snapshot.host.network.listen({ host, port }, (wire) =>
      proxyProtocol ? acceptProxied(this, wire) : this.acceptClient(wire, wire.remoteAddress),
    );
    return { host: this.#socket.host, port: this.#socket.port };
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes a connection of a client that has come over the network from `address`, unless it has too many. */
  acceptClient(wire: Wire, address: string): WirePeer {
    const peer = directProvenance(address);
    if (this.current.proxies.trusts(peer)) return this.accept(wire, address);
    if (!this.#admission.enter(peer.address)) {
      wire.destroy();
      return nobody;
    }
    const accepted = this.accept(wire, address, peer.address);
    if (accepted === nobody) this.#admission.leave(peer.address);
    return accepted;
  }

  /**
   * Takes a connection that has just been opened, and comes from `address`; its bytes are to be told to what is returned.
   * It is counted for the client `countedFor`, if there is one.
   */
  accept(wire: Wire, address: string = wire.remoteAddress, countedFor = ""): WirePeer {
    if (!this.mayAccept(address)) {
      wire.destroy();
      return nobody;
    }
    const connection = new ClientConnection(this, wire, address);
    this.add(connection, countedFor);
    return connection;
  }

  mayAccept(address: string): boolean {
    return !this.draining && this.#admission.hasRoom(this.#connections.size, address);
  }

  add(connection: Accepted, countedFor = ""): void {
    this.#connections.set(connection, countedFor);
    this.#deadlines.add(connection);
  }

  remove(connection: Accepted): void {
    const countedFor = this.#connections.get(connection);
    if (countedFor !== undefined && countedFor !== "") this.#admission.leave(countedFor);
    this.#connections.delete(connection);
    this.#deadlines.remove(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  /** Stops accepting, lets what is in flight finish for at most `drainMs`, then ends it. */
  async close(drainMs: number): Promise<void> {
    this.draining = true;
    const stopped = this.#socket?.close();
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const connection of this.#connections.keys()) connection.drain();
    if (this.#connections.size > 0) {
      const giveUpAtMs = this.clock.now() + drainMs;
      const stop = this.clock.every(50, () => {
        if (this.clock.now() < giveUpAtMs) return;
        for (const connection of this.#connections.keys()) connection.destroy();
      });
      await emptied;
      stop();
    }
    await stopped;
  }
}
