import { addressNetwork } from "../lib/ip-address.ts";
import type { TurnedAway } from "./turned-away.ts";

interface AdmissionBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Who may connect: bounds on the connections of all clients, and on those of each. */
export class Admission {
  /** They may change at any time: who is here stays. */
  bounds: AdmissionBounds;
  readonly #turnedAway: TurnedAway;
  readonly #byNetwork = new Map<string, number>();

  constructor(bounds: AdmissionBounds, turnedAway: TurnedAway) {
    this.bounds = bounds;
    this.#turnedAway = turnedAway;
  }

  /** Whether there is room for one more, where so many are open. */
  hasRoom(open: number, clientAddress: string): boolean {
    if (open < this.bounds.maxConnections) return true;
    this.#turnedAway.say("client.too_many_connections", clientAddress, "limits.maxConnections are open");
    return false;
  }

  /** Counts a connection of this client, unless it has too many; what is true must be followed by one `leave`. */
  enter(clientAddress: string): boolean {
    const network = addressNetwork(clientAddress);
    const count = this.#byNetwork.get(network) ?? 0;
    if (count >= this.bounds.maxConnectionsPerAddress) {
      this.#turnedAway.say(
        "client.too_many_connections_of_address",
        clientAddress,
        "this client has limits.maxConnectionsPerAddress",
      );
      return false;
    }
    this.#byNetwork.set(network, count + 1);
    return true;
  }

  leave(clientAddress: string): void {
    const network = addressNetwork(clientAddress);
    const count = this.#byNetwork.get(network) ?? 0;
    if (count > 1) this.#byNetwork.set(network, count - 1);
    else this.#byNetwork.delete(network);
  }
}
