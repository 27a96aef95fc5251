import type { Host } from "../host/host.ts";
import type { Events } from "./events.ts";
import type { Exchange } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import type { Observer } from "./observer.ts";
import type { Route } from "./route.ts";

/** A config compiled and ready to serve; immutable. What is to outlive it is borrowed (`state/`). */
export interface Snapshot {
  readonly host: Host;
  readonly events: Events;
  /** The gateway's pseudonym in `Via`. */
  readonly name: string;
  /** Fields that only the gateway may set on requests to services: deleted from every client's request. */
  readonly identityHeaders: readonly string[];
  readonly observers: readonly Observer[];
  /** The exchanges that have it. */
  readonly inFlight: InFlight;
  /** Every route that an exchange may be given. */
  readonly routes: readonly Route[];
  /** The route that an exchange has before it is given one, and keeps when its request could not be read. */
  readonly unrouted: Route;
  /** Sets `match`, `route`, `handler` and `params`; what matches nothing gets the route that says 404. */
  assignRoute(x: Exchange): void;
}
