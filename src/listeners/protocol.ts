import type { Expiring } from "../host/deadlines.ts";
import type { Clock, Wire, WirePeer } from "../host/host.ts";
import type { Provenance } from "../http/forwarded/provenance.ts";
import type { DateLine } from "./date-line.ts";
import type { DoorRules } from "./door-rules.ts";
import type { Holdings } from "./holdings.ts";
import type { TurnedAway } from "./turned-away.ts";
import type { Turns } from "./turns.ts";

/** Speaks with the clients of a door. One may stand before another: it reads what it has to read, and hands the wire on. */
export interface ClientProtocol {
  /**
   * Takes a wire that has just been opened by a client at `origin`, and is told what happens on it. Undefined: it has closed the
   * wire, and the log knows why.
   */
  accept(wire: Wire, origin: Provenance): Accepted | undefined;
}

/** A client's connection, as its door sees it. It leaves the door when it is over. */
export interface Accepted extends WirePeer, Expiring {
  /** For a shutdown: end now if nothing is in flight, else after it. */
  drain(): void;
  /** For the end of a shutdown's patience. */
  destroy(): void;
}

/** What a door shares with those who speak with its clients. */
export interface DoorTools {
  readonly clock: Clock;
  /** What holds now. Another takes its place when the config is another: look at it anew with each request. */
  readonly current: DoorRules;
  /** It is closing: what is in flight is the last. */
  readonly draining: boolean;
  /** Heads in progress, counted. */
  readonly heads: Holdings;
  /** Memory that messages take which are not complete, or that their receiver does not take. */
  readonly held: Holdings;
  readonly turns: Turns;
  readonly dateLine: DateLine;
  readonly turnedAway: TurnedAway;
  /** Lets a client in that has come over the network from `origin`, and has `protocol` speak with it, unless there are too many. */
  admit(wire: Wire, origin: Provenance, protocol: ClientProtocol): WirePeer;
  /** The connection is over, or somebody else's. */
  leave(connection: Accepted): void;
}
