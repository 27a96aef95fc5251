import { Deadlines } from "../host/deadlines.ts";
import type { Clock, ListeningSocket, Wire, WirePeer } from "../host/host.ts";
import { nobody } from "../host/nobody.ts";
import { directProvenance, type Provenance } from "../http/forwarded/provenance.ts";
import { Admission } from "./admission.ts";
import { DateLine } from "./date-line.ts";
import type { DoorRules } from "./door-rules.ts";
import { Holdings } from "./holdings.ts";
import type { Accepted, ClientProtocol, DoorTools } from "./protocol.ts";
import { protocolOf } from "./protocols.ts";
import { TurnedAway } from "./turned-away.ts";
import { Turns } from "./turns.ts";

/** Where a door is, and what is spoken there: what cannot be changed while it is open. */
export interface DoorSettings {
  readonly host: string;
  readonly port: number;
  /** Every connection comes from a trusted proxy, and begins with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
}

/** An address where clients enter: who may, what they share, how long they may stay. What they speak is a protocol's business. */
export class Door implements DoorTools {
  readonly clock: Clock;
  readonly heads: Holdings;
  readonly held: Holdings;
  readonly turns: Turns;
  readonly dateLine: DateLine;
  readonly turnedAway: TurnedAway;
  draining = false;

  readonly #settings: DoorSettings;
  readonly #deadlines: Deadlines;
  readonly #admission: Admission;
  /** With the address that each is counted for; undefined where it is not. */
  readonly #connections = new Map<Accepted, string | undefined>();
  #current: DoorRules;
  #socket: ListeningSocket | undefined = undefined;
  #emptied: (() => void) | undefined = undefined;

  constructor(settings: DoorSettings, current: DoorRules) {
    const { host, events } = current.snapshot;
    this.#settings = settings;
    this.#current = current;
    this.clock = host.clock;
    this.dateLine = new DateLine(this.clock);
    this.turns = new Turns(this.clock);
    this.heads = new Holdings(current.bounds.maxHeads);
    this.held = new Holdings(current.bounds.heldBytes);
    this.turnedAway = new TurnedAway(events);
    this.#admission = new Admission(current.bounds, this.turnedAway);
    this.#deadlines = new Deadlines(this.clock);
  }

  get current(): DoorRules {
    return this.#current;
  }

  /** From now on these rules hold: for those who are here with their next request. Nobody is sent away for them, and all counts go on. */
  use(rules: DoorRules): void {
    this.#current = rules;
    this.heads.most = rules.bounds.maxHeads;
    this.held.most = rules.bounds.heldBytes;
    this.#admission.bounds = rules.bounds;
  }

  /** Begins to accept; rejects with the system's error when it cannot. */
  async open(): Promise<{ host: string; port: number }> {
    const { host, port } = this.#settings;
    const protocol = protocolOf(this.#settings, this);
    this.#socket = await this.#current.snapshot.host.network.listen({ host, port }, (wire) =>
      this.admit(wire, directProvenance(wire.remoteAddress), protocol),
    );
    return { host: this.#socket.host, port: this.#socket.port };
  }

  get connections(): number {
    return this.#connections.size;
  }

  admit(wire: Wire, origin: Provenance, protocol: ClientProtocol): WirePeer {
    // A proxy speaks for many clients.
    if (this.#current.proxies.trusts(origin)) return this.accept(wire, origin, protocol);
    const { address } = origin;
    if (!this.#admission.enter(address)) {
      wire.destroy();
      return nobody;
    }
    const accepted = this.accept(wire, origin, protocol, address);
    if (accepted === nobody) this.#admission.leave(address);
    return accepted;
  }

  /** Takes a connection that is counted for `countedFor`, if for any address. */
  accept(wire: Wire, origin: Provenance, protocol: ClientProtocol, countedFor?: string): WirePeer {
    if (this.draining || !this.#admission.hasRoom(this.#connections.size, origin.address)) {
      wire.destroy();
      return nobody;
    }
    const connection = protocol.accept(wire, origin);
    if (connection === undefined) return nobody;
    this.#connections.set(connection, countedFor);
    this.#deadlines.add(connection);
    return connection;
  }

  leave(connection: Accepted): void {
    const countedFor = this.#connections.get(connection);
    if (countedFor !== undefined) this.#admission.leave(countedFor);
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
