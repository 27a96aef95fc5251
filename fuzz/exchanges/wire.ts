import type { Wire, WirePeer } from "../../src/host/host.ts";
import { nobody } from "../../src/host/nobody.ts";
import { latin1 } from "../../src/lib/latin1.ts";
import { Channel } from "./channel.ts";
import { must } from "./fault.ts";
import type { Connecting, SimulatedNetwork } from "./network.ts";

/** What is told to who stands at the other end of a gateway's connection. */
export interface RemotePeer {
  /** Whether it takes what has come. */
  readonly reads: boolean;
  received(text: string): void;
  ended(): void;
  /** The connection was lost. */
  broken(): void;
  /** What it could do now: each of these may be called, or none. */
  moves(): (() => void)[];
}

const GATHERED_BYTES = 64 * 1024;
const SMALL_BYTES = 16 * 1024;
const SLAB_BYTES = 64 * 1024;

/** The gateway's end of a connection, with the manners of `SocketWire`. */
export class SimulatedWire implements Wire {
  peer: WirePeer = nobody;
  sends = 0;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly outward: Channel;
  readonly inward: Channel;
  remote: RemotePeer | undefined = undefined;
  connecting: Connecting | undefined = undefined;
  /** How much the gateway had written when it had read so many bytes; asked for by setting `watched`. */
  watched = Infinity;
  writtenWhenWatched = Infinity;
  /** The most that has waited for the kernel to take it. */
  mostPending = 0;
  readonly #network: SimulatedNetwork;
  #gathered = "";
  #paused = false;
  #blocked = false;
  #ended = false;
  #gone = false;
  #told = false;
  /** The other end reads nothing more; bytes for it are answered by an error. */
  #remoteGone = false;

  constructor(network: SimulatedNetwork, remoteAddress: string, remotePort: number) {
    this.#network = network;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.outward = new Channel(network.capacity);
    this.inward = new Channel(network.capacity);
  }

  // --- What the gateway does

  get pendingBytes(): number {
    return this.outward.queued.length;
  }

  writeText(text: string): void {
    if (this.#gone) return;
    must(!this.#ended, "bytes were written behind the end of a connection");
    must(this.connecting === undefined, "bytes were written before the connection was open");
    if (this.#gathered === "") this.#network.later(() => this.#send());
    this.#gathered += text;
    if (this.#gathered.length > GATHERED_BYTES) this.#send();
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    if (end - start <= SMALL_BYTES) return this.writeText(latin1(bytes, start, end));
    if (this.#gone) return;
    must(!this.#ended, "bytes were written behind the end of a connection");
    this.#send();
    for (let from = start; from < end; from += SLAB_BYTES)
      this.#hand(latin1(bytes, from, Math.min(end, from + SLAB_BYTES)));
  }

  #send(): void {
    const text = this.#gathered;
    if (text === "" || this.#gone) return;
    this.#gathered = "";
    this.#hand(text);
  }

  #hand(text: string): void {
    this.sends++;
    this.outward.write(text);
    if (this.pendingBytes === 0) return;
    this.mostPending = Math.max(this.mostPending, this.pendingBytes);
    this.#blocked = true;
    this.peer.blocked();
  }

  /** Given up by the gateway, or lost. */
  get gone(): boolean {
    return this.#gone;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  end(): void {
    this.#send();
    this.#ended = true;
    this.outward.finished = true;
  }

  destroy(): void {
    if (this.#gone) return;
    // A system that is asked to close with bytes unread sends a reset.
    this.#leave(this.inward.arrived !== "");
  }

  reset(): void {
    if (!this.#gone) this.#leave(true);
  }

  #leave(broken: boolean): void {
    this.#gone = true;
    this.connecting = undefined;
    this.#gathered = "";
    this.outward.queued = "";
    this.outward.finished = true;
    if (broken) this.#break();
    this.inward.flow();
    this.#network.later(() => this.#closed(undefined));
  }

  #break(): void {
    this.outward.broken = true;
    if (this.#network.random.chance(0.5)) this.outward.drop();
  }

  #closed(code: string | undefined): void {
    if (this.#told) return;
    this.#told = true;
    this.#gone = true;
    this.#gathered = "";
    this.#network.left(this);
    this.peer.closed(code === undefined ? undefined : Object.assign(new Error(code), { code }));
  }

  // --- What the other end does

  /** The service takes the connection. */
  open(remote: RemotePeer): void {
    this.connecting = undefined;
    this.remote = remote;
    if (!this.#gone) this.peer.connected();
  }

  fail(code: string): void {
    this.connecting = undefined;
    this.#closed(code);
  }

  remoteWrites(text: string): void {
    if (!this.inward.finished && !this.#gone) this.inward.write(text);
  }

  /** These come in the same read as the last bytes before them, or in none. */
  remoteWritesGlued(text: string): void {
    this.inward.glue();
    this.remoteWrites(text);
  }

  remoteEnds(): void {
    this.inward.finished = true;
  }

  remoteResets(): void {
    if (this.#network.random.chance(0.5)) this.inward.drop();
    this.inward.finished = true;
    this.inward.broken = true;
    this.remoteLeaves();
  }

  /** Ends, and reads nothing more. */
  remoteLeaves(): void {
    this.inward.finished = true;
    this.#remoteGone = true;
    this.outward.flow();
    this.remote = undefined;
  }

  // --- What happens between them

  /** Whether nothing can happen here any more. */
  get over(): boolean {
    return this.#told && (this.remote === undefined || (this.outward.endRead && this.#told));
  }

  moves(): (() => void)[] {
    const { outward, inward, remote } = this;
    const moves: (() => void)[] = [];
    const listens = !this.#gone && this.connecting === undefined;
    if (outward.mayCarry) moves.push(() => this.#carry(outward));
    if (inward.mayCarry) moves.push(() => this.#carry(inward));
    if (listens && !this.#paused && inward.arrived !== "") moves.push(() => this.#deliver());
    if (listens && inward.mayEnd && (inward.broken || !this.#paused)) moves.push(() => this.#tellEnd());
    if (listens && this.#blocked && outward.queued === "") moves.push(() => this.#tellDrained());
    if (listens && this.#ended && outward.queued === "" && inward.endRead)
      moves.push(() => this.#closed(undefined));
    if (remote === undefined) return moves;
    moves.push(...remote.moves());
    if (!remote.reads) return moves;
    if (outward.arrived !== "") {
      moves.push(() => {
        remote.received(outward.read(this.#network.piece()));
      });
    }
    if (outward.mayEnd) {
      moves.push(() => {
        outward.endRead = true;
        if (outward.broken) remote.broken();
        else remote.ended();
      });
    }
    return moves;
  }

  #carry(channel: Channel): void {
    if (channel === this.outward && this.#remoteGone) {
      channel.flow();
      this.#network.later(() => this.#closed("ECONNRESET"));
      return;
    }
    channel.carry(this.#network.piece());
  }

  #deliver(): void {
    const { readMemory } = this.#network;
    const text = this.inward.read(readMemory.length);
    readMemory.write(text, "latin1");
    this.peer.received(readMemory, text.length);
    // Whoever keeps a view of it instead of a copy sees this.
    readMemory.fill("!");
    if (this.inward.readBytes < this.watched) return;
    this.watched = Infinity;
    this.writtenWhenWatched = this.outward.written;
  }

  #tellEnd(): void {
    this.inward.endRead = true;
    if (this.inward.broken) this.#closed("ECONNRESET");
    else this.peer.ended();
  }

  #tellDrained(): void {
    this.#blocked = false;
    this.peer.drained();
  }
}
