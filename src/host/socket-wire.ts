import type net from "node:net";
import { directHandle, onCompleted, type DirectHandle, type PendingWrite } from "./direct-write.ts";
import type { Wire, WirePeer } from "./host.ts";
import { nobody } from "./nobody.ts";
import { latin1 } from "../lib/latin1.ts";
import { borrowBuffer, giveBackBuffer } from "../lib/spare-buffers.ts";

/**
 * Every read of every socket lands here: what is read is handled before the next read, so one buffer serves them all,
 * and neither a buffer nor a stream's queue is allocated per read.
 */
export const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * What is written waits in one of these until the kernel has taken it. They are used again: freed by the collector only when
 * it pleases, the copies made for one slow client were twice as much memory as all else.
 */
const slabs: Buffer[] = [];
const SLAB_BYTES = 64 * 1024;
const MAX_SLABS = 64;

/**
 * Wires with text to send, at the end of the present turn of the event loop: reading and handling all that has come, and only
 * then writing, costs 6 % less CPU per request than writing in between, since code and data of either stay in the caches.
 */
let senders: SocketWire[] = [];
const MAX_GATHERED = 64 * 1024;
/** Bytes up to this size travel as text together with their head, in one write; larger ones are written alone. */
const SMALL_BYTES = 16 * 1024;

function sendLater(wire: SocketWire): void {
  if (senders.length === 0) setImmediate(sendAll);
  senders.push(wire);
}

function sendAll(): void {
  const now = senders;
  senders = [];
  for (const wire of now) wire.send();
}

/**
 * Large reads in the present turn. Who sends without a pause is read over and over by libuv, up to 2 MB in one event, and two
 * hundred such senders held all others for a tenth of a second: past a few reads a turn, they rest. So does who begins with
 * much, as clients do that are refused for giant heads and come again together: that bounds a turn, and what it does for the p99
 * of others could not be told from the noise of the machine.
 */
let largeReads = 0;
const LARGE_READS_A_TURN = 4;
/** From so many bytes, the first that come of a connection are a large read; later ones are where they fill the buffer. */
const LARGE_BEGINNING_BYTES = 32 * 1024;
/** A beginning lies in memory while its wire rests: where more rest than so many, it is handled at once. */
const MAX_RESTING = 64;
const resting = new Set<SocketWire>();
let turnEnds = false;

/** False where this was the last large read of the turn, and the wire rests. */
function countLargeRead(wire: SocketWire): boolean {
  largeReads++;
  if (largeReads < LARGE_READS_A_TURN) {
    awaitTurnEnd();
    return true;
  }
  rest(wire);
  return false;
}

function rest(wire: SocketWire): void {
  awaitTurnEnd();
  resting.add(wire);
}

function awaitTurnEnd(): void {
  if (!turnEnds) setImmediate(readOn);
  turnEnds = true;
}

/** Lets as many read again as may read in one turn, those first that have rested for the longest. */
function readOn(): void {
  turnEnds = false;
  largeReads = 0;
  let left = LARGE_READS_A_TURN;
  for (const wire of resting) {
    if (left-- === 0) break;
    resting.delete(wire);
    wire.readOn();
  }
  if (resting.size > 0 || largeReads > 0) awaitTurnEnd();
}

/** A connection over one of Node's sockets, whose own getters and events are kept off the path of a request. */
export class SocketWire implements Wire {
  peer: WirePeer = nobody;
  sends = 0;
  #socket!: net.Socket;
  #handle: DirectHandle | undefined = undefined;
  #gathered = "";
  /** Writes that the kernel has not taken. */
  #queued = 0;
  #blocked = false;
  #paused = false;
  /** Has read its share of this turn. */
  #resting = false;
  #fresh = true;
  /** What came first, where it waits for a later turn. */
  #beginning: Buffer | undefined = undefined;
  #beginningBytes = 0;
  /** Destroyed, or lost: what is written now is for nobody. */
  #gone = false;
  #error: NodeJS.ErrnoException | undefined = undefined;

  attach(socket: net.Socket): void {
    this.#socket = socket;
    socket.on("end", () => this.peer.ended());
    socket.on("error", (error) => (this.#error = error));
    socket.on("close", () => {
      this.#leave();
      this.peer.closed(this.#error);
    });
    socket.resume();
  }

  /** The read callback: false makes Node stop reading. */
  deliver(length: number): boolean {
    const large = length === readBuffer.length || (this.#fresh && length >= LARGE_BEGINNING_BYTES);
    if (large && this.#fresh && largeReads >= LARGE_READS_A_TURN && resting.size < MAX_RESTING) {
      this.#setAside(length);
      return false;
    }
    this.#fresh = false;
    this.peer.received(readBuffer, length);
    if (large && !this.#paused) this.#resting = !countLargeRead(this);
    return !this.#paused && !this.#resting;
  }

  #setAside(length: number): void {
    this.#fresh = false;
    this.#beginning = borrowBuffer(length);
    this.#beginningBytes = readBuffer.copy(this.#beginning, 0, 0, length);
    this.#rest();
  }

  #rest(): void {
    this.#resting = true;
    rest(this);
  }

  /** After a rest. */
  readOn(): void {
    this.#resting = false;
    if (this.#paused) return;
    const beginning = this.#beginning;
    if (beginning !== undefined) {
      this.#beginning = undefined;
      largeReads++;
      this.peer.received(beginning, this.#beginningBytes);
      giveBackBuffer(beginning);
    }
    if (!this.#paused && !this.#gone) this.#socket.resume();
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? "";
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get pendingBytes(): number {
    if (this.#queued === 0) return 0;
    // What one write still has to go only shows at the handle: without it, a slow reader of a large write looks like a dead one.
    const { _handle } = this.#socket as unknown as { _handle?: { writeQueueSize?: number } | null };
    return this.#queued + this.#socket.writableLength + (_handle?.writeQueueSize ?? 0);
  }

  writeText(text: string): void {
    if (this.#gone) return;
    if (this.#gathered === "") sendLater(this);
    this.#gathered += text;
    if (this.#gathered.length > MAX_GATHERED) this.send();
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    if (end - start <= SMALL_BYTES) return this.writeText(latin1(bytes, start, end));
    if (this.#gone) return;
    this.send();
    for (let from = start; from < end; from += SLAB_BYTES) {
      const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      const length = Math.min(end - from, SLAB_BYTES);
      slab.set(bytes.subarray(from, from + length));
      this.#sendSlab(slab, length);
    }
  }

  /** Hands over what was gathered. */
  send(): void {
    const text = this.#gathered;
    if (text === "") return;
    this.#gathered = "";
    const handle = (this.#handle ??= directHandle(this.#socket));
    if (handle !== undefined && this.#queued === 0) {
      const result = handle.writeLatin1String(null, text);
      if (typeof result !== "number" || result >= 0) this.sends++;
      if (result !== 0) this.#await(handle, result, undefined);
      return;
    }
    if (this.#socket.destroyed) return;
    this.sends++;
    this.#queued++;
    this.#socket.write(text, "latin1", (error) => this.#taken(error));
    this.#tellBlocked();
  }

  #sendSlab(slab: Buffer, length: number): void {
    const bytes = length === SLAB_BYTES ? slab : slab.subarray(0, length);
    const handle = (this.#handle ??= directHandle(this.#socket));
    if (handle !== undefined && this.#queued === 0) {
      const result = handle.writeBuffer(null, bytes);
      if (result === 0) giveBack(slab);
      else this.#await(handle, result, slab);
      return;
    }
    this.#queued++;
    this.#socket.write(bytes, (error) => {
      giveBack(slab);
      this.#taken(error);
    });
    this.#tellBlocked();
  }

  /** Waits for a write that the kernel did not take at once, or gives up for an error. */
  #await(handle: DirectHandle, result: number | PendingWrite, slab: Buffer | undefined): void {
    if (typeof result === "number") {
      this.#socket.destroy(Object.assign(new Error("write failed"), { errno: result }));
      return;
    }
    this.#queued++;
    onCompleted(result, handle, slab, (status) => {
      if (slab !== undefined) giveBack(slab);
      if (status < 0) this.#socket.destroy();
      else this.#taken(undefined);
    });
    this.#tellBlocked();
  }

  #tellBlocked(): void {
    // A stream says only later that the kernel took everything; what it holds says it now.
    if (this.#queued === 0 || (this.#handle === undefined && this.#socket.writableLength === 0)) return;
    this.#blocked = true;
    this.peer.blocked();
  }

  #taken(error: Error | null | undefined): void {
    this.#queued--;
    // What follows an error is `closed`.
    if (error || this.#queued > 0 || !this.#blocked) return;
    this.#blocked = false;
    this.peer.drained();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#resting) return;
    if (this.#beginning === undefined) this.#socket.resume();
    else this.#rest();
  }

  end(): void {
    this.send();
    this.#socket.end();
  }

  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  reset(): void {
    this.#leave();
    this.#socket.resetAndDestroy();
  }

  #leave(): void {
    this.#gone = true;
    this.#handle = undefined;
    this.#gathered = "";
    if (this.#beginning !== undefined) giveBackBuffer(this.#beginning);
    this.#beginning = undefined;
  }
}

function giveBack(slab: Buffer): void {
  if (slabs.length < MAX_SLABS) slabs.push(slab);
}
