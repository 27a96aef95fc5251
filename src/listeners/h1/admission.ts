import type { Clock, Log } from "../../host/host.ts";
import { addressNetwork } from "../../lib/ip-address.ts";

/** The log hears of those that were turned away at most so often: an attack must not become one on the log. */
const SAY_EVERY_MS = 10_000;

const TOO_MANY = "client.too_many_connections";
const TOO_MANY_OF_ADDRESS = "client.too_many_connections_of_address";

/** Who may connect: bounds on the connections of all clients, and on those of each. */
export class Admission {
  readonly #maxConnections: number;
  readonly #maxPerAddress: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #byNetwork = new Map<string, number>();
  #turnedAway = 0;
  #sayAgainAtMs = 0;

  constructor(
    bounds: { readonly maxConnections: number; readonly maxConnectionsPerAddress: number },
    host: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#maxConnections = bounds.maxConnections;
    this.#maxPerAddress = bounds.maxConnectionsPerAddress;
    this.#clock = host.clock;
    this.#log = host.log;
  }

  /** Whether there is room for one more, where so many are open. */
  hasRoom(open: number, clientAddress: string): boolean {
    if (open < this.#maxConnections) return true;
    this.#turnAway(TOO_MANY, clientAddress, "limits.maxConnections are open");
    return false;
  }

  /** Counts a connection of this client, unless it has too many; what is true must be followed by one `leave`. */
  enter(clientAddress: string): boolean {
    const network = addressNetwork(clientAddress);
    const count = this.#byNetwork.get(network) ?? 0;
    if (count >= this.#maxPerAddress) {
      this.#turnAway(TOO_MANY_OF_ADDRESS, clientAddress, "this client has limits.maxConnectionsPerAddress");
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

  #turnAway(code: string, clientAddress: string, why: string): void {
    this.#turnedAway++;
    const nowMs = this.#clock.now();
    if (nowMs < this.#sayAgainAtMs) return;
    this.#sayAgainAtMs = nowMs + SAY_EVERY_MS;
    const connections = this.#turnedAway;
    this.#turnedAway = 0;
    this.#log.warn({ code, clientAddress, connections }, `connections were closed at once: ${why}`);
  }
}
