import type { ListeningSocket, Network, SocketAddress, Wire, WirePeer } from "../../src/host/host.ts";
import type { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { must } from "./fault.ts";
import { SimulatedWire, type RemotePeer } from "./wire.ts";

/** How a service's system takes a connection. */
export type Connecting = "open" | "refuse" | "never";

const PIECES = [1, 3, 20, 200, 2000, 70_000, 70_000, 70_000];

/** TCP in memory: each step of each connection is a move, and whoever plays chooses which is next. */
export class SimulatedNetwork implements Network {
  readonly random: SeededRandom;
  /** What the kernels hold of one direction of a connection. */
  readonly capacity: number;
  /** Every read of every wire lands here. */
  readonly readMemory: Buffer;
  mostPending = 0;
  readonly #services: (wire: SimulatedWire, port: number) => RemotePeer;
  readonly #connecting: () => Connecting;
  /** To one target. */
  readonly #maxConnections: number;
  /** Of services, by port. */
  readonly #kept = new Map<number, Set<SimulatedWire>>();
  /** In order of their opening, those that are over left out. */
  readonly #wires = new Set<SimulatedWire>();
  readonly #open = new Set<SimulatedWire>();
  #tasks: (() => void)[] = [];
  #accept: ((wire: Wire) => WirePeer) | undefined = undefined;
  #ports = 10_000;

  constructor(
    random: SeededRandom,
    sizes: { readonly capacity: number; readonly readBytes: number; readonly maxConnections: number },
    services: (wire: SimulatedWire, port: number) => RemotePeer,
    connecting: () => Connecting,
  ) {
    this.random = random;
    this.capacity = sizes.capacity;
    this.#maxConnections = sizes.maxConnections;
    this.readMemory = Buffer.alloc(sizes.readBytes);
    this.#services = services;
    this.#connecting = connecting;
  }

  // --- What the gateway asks for

  connect(address: SocketAddress, peer: WirePeer): Wire {
    const wire = this.#newWire(address.host, address.port);
    wire.peer = peer;
    wire.connecting = this.#connecting();
    this.#checkOpened(wire, address.port);
    return wire;
  }

  #checkOpened(wire: SimulatedWire, port: number): void {
    let kept = this.#kept.get(port);
    if (kept === undefined) this.#kept.set(port, (kept = new Set()));
    for (const older of kept) if (older.gone) kept.delete(older);
    kept.add(wire);
    must(kept.size <= this.#maxConnections, `${kept.size} connections were opened to ${port}`);
  }

  /** Connections to services that are open and were not given up. */
  get keptOpen(): number {
    let count = 0;
    for (const kept of this.#kept.values())
      for (const wire of kept) if (!wire.gone && wire.connecting === undefined) count++;
    return count;
  }

  listen(address: SocketAddress, accept: (wire: Wire) => WirePeer): Promise<ListeningSocket> {
    this.#accept = accept;
    const close = async () => void (this.#accept = undefined);
    return Promise.resolve({ host: address.host, port: address.port, close });
  }

  /** Calls `task` at the end of this turn. */
  later(task: () => void): void {
    this.#tasks.push(task);
  }

  /** The gateway has nothing to do with `wire` any more. */
  left(wire: SimulatedWire): void {
    this.#open.delete(wire);
    this.mostPending = Math.max(this.mostPending, wire.mostPending);
  }

  // --- What the others do

  /** Connects a client; undefined when nobody listens any more. */
  dial(address: string, remote: (wire: SimulatedWire) => RemotePeer): SimulatedWire | undefined {
    if (this.#accept === undefined) return undefined;
    const wire = this.#newWire(address, this.#ports++);
    wire.remote = remote(wire);
    wire.peer = this.#accept(wire);
    return wire;
  }

  #newWire(address: string, port: number): SimulatedWire {
    const wire = new SimulatedWire(this, address, port);
    this.#wires.add(wire);
    this.#open.add(wire);
    return wire;
  }

  /** How many bytes go on in one step. */
  piece(): number {
    return this.random.pick(PIECES);
  }

  // --- What may happen next

  /** Connections that the gateway has not given up or lost. */
  get openWires(): number {
    return this.#open.size;
  }

  moves(): (() => void)[] {
    const moves: (() => void)[] = [];
    for (const wire of this.#wires) {
      if (wire.over) this.#wires.delete(wire);
      else if (wire.connecting !== undefined) moves.push(...this.#connectMoves(wire));
      else moves.push(...wire.moves());
    }
    return moves;
  }

  #connectMoves(wire: SimulatedWire): (() => void)[] {
    if (wire.connecting === "never") return [];
    if (wire.connecting === "refuse") return [() => wire.fail("ECONNREFUSED")];
    return [() => wire.open(this.#services(wire, wire.remotePort))];
  }

  /** Ends a turn of the event loop: what was put off to its end is done. */
  endTurn(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }

  get hasTasks(): boolean {
    return this.#tasks.length > 0;
  }
}
