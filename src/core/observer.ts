import type { Exchange } from "./exchange.ts";

/** Sees every exchange once, when it is over; what it throws is logged and changes nothing. */
export interface Observer {
  done(x: Exchange): void;
}
