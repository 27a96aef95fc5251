import net from "node:net";
import { writeDirect } from "./direct-write.ts";
import type { ListeningSocket, Network, SocketAddress, Wire, WirePeer } from "./host.ts";

/**
 * Every read of every socket lands here: what is read is handled before the next read, so one buffer serves them all,
 * and neither a buffer nor a stream's queue is allocated per read.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * What is written waits in one of these until the kernel has taken it. They are used again: freed by the collector only when
 * it pleases, the copies made for one slow client were twice as much memory as all else.
 */
const slabs: Buffer[] = [];
const SLAB_BYTES = 64 * 1024;
const MAX_SLABS = 64;

/** The machine's TCP. */
export const systemNetwork: Network = { connect, listen };

function connect(address: SocketAddress, peer: WirePeer): Wire {
  const wire: SocketWire = new SocketWire();
  const socket = net.connect({
    host: address.host,
    port: address.port,
    noDelay: true,
    allowHalfOpen: true,
    onread: { buffer: readBuffer, callback: (length) => wire.deliver(length) },
  });
  wire.attach(socket);
  wire.peer = peer;
  socket.on("connect", () => peer.connected());
  return wire;
}

async function listen(address: SocketAddress, accept: (wire: Wire) => WirePeer): Promise<ListeningSocket> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const wire = new SocketWire();
    wire.attach(socket);
    socket.on("data", (bytes: Buffer) => wire.peer.received(bytes, bytes.length));
    wire.peer = accept(wire);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port, backlog: 4096 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  // Accepting can fail later (too many open files): that connection is lost, the listener is not.
  server.on("error", () => {});
  readIntoSharedBuffer(server, accept);
  const bound = server.address() as net.AddressInfo;
  return {
    host: bound.address,
    port: bound.port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface ListenHandle {
  onconnection?: (status: number, handle: { setNoDelay(on: boolean): void } | undefined) => void;
}

/**
 * `net.Server` has no option to let its sockets read into a given buffer, `net.Socket` has; so sockets are made here
 * from the accepted handles. Where Node's internals are not as expected, the server's own sockets do, only slower.
 */
function readIntoSharedBuffer(server: net.Server, accept: (wire: Wire) => WirePeer): void {
  const listening = (server as unknown as { _handle?: ListenHandle })._handle;
  if (typeof listening?.onconnection !== "function") return;
  listening.onconnection = (status, handle) => {
    if (status !== 0 || handle === undefined) return;
    const wire: SocketWire = new SocketWire();
    const options = {
      handle,
      allowHalfOpen: true,
      onread: { buffer: readBuffer, callback: (length: number) => wire.deliver(length) },
    };
    handle.setNoDelay(true);
    wire.attach(new net.Socket(options as unknown as net.SocketConstructorOpts));
    wire.peer = accept(wire);
  };
}

const nobody: WirePeer = {
  connected: () => {},
  received: () => {},
  ended: () => {},
  blocked: () => {},
  drained: () => {},
  closed: () => {},
};

/**
 * Wires with text to send, at the end of the present turn of the event loop: reading and handling all that has come, and only
 * then writing, costs 6 % less CPU per request than writing in between, since code and data of either stay in the caches.
 */
let senders: SocketWire[] = [];
const MAX_GATHERED = 64 * 1024;

function sendLater(wire: SocketWire): void {
  if (senders.length === 0) setImmediate(sendAll);
  senders.push(wire);
}

function sendAll(): void {
  const now = senders;
  senders = [];
  for (const wire of now) wire.send();
}

class SocketWire implements Wire {
  peer: WirePeer = nobody;
  #socket!: net.Socket;
  #paused = false;
  #error: NodeJS.ErrnoException | undefined = undefined;
  #gathered = "";
  /** Written past the stream, and not yet taken by the kernel. */
  #directBytes = 0;

  attach(socket: net.Socket): void {
    this.#socket = socket;
    socket.on("end", () => this.peer.ended());
    socket.on("drain", () => this.peer.drained());
    socket.on("error", (error) => (this.#error = error));
    socket.on("close", () => this.peer.closed(this.#error));
    socket.resume();
  }

  readonly #completed = (status: number): void => {
    this.#directBytes = 0;
    if (status < 0) this.#socket.destroy();
    else if (this.#socket.writableLength === 0) this.peer.drained();
  };

  /** The read callback: false makes Node stop reading. */
  deliver(length: number): boolean {
    this.peer.received(readBuffer, length);
    return !this.#paused;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress?.replace(/%.*$/, "") ?? "";
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get pendingBytes(): number {
    const queued = this.#socket.writableLength + this.#directBytes;
    if (queued === 0) return 0;
    // What one write still has to go only shows here: without it, a slow reader of a large write looks like a dead one.
    const { _handle } = this.#socket as unknown as { _handle?: { writeQueueSize?: number } };
    return queued + (_handle?.writeQueueSize ?? 0);
  }

  writeText(text: string): void {
    if (this.#gathered === "") sendLater(this);
    this.#gathered += text;
    if (this.#gathered.length > MAX_GATHERED) this.send();
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    this.send();
    let more = true;
    for (let from = start; from < end; from += SLAB_BYTES) {
      const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      const length = Math.min(end - from, SLAB_BYTES);
      slab.set(bytes.subarray(from, from + length));
      more = this.#socket.write(slab.subarray(0, length), () => {
        if (slabs.length < MAX_SLABS) slabs.push(slab);
      });
    }
    if (!more) this.peer.blocked();
  }

  /** Hands over what was gathered. */
  send(): void {
    const text = this.#gathered;
    if (text === "") return;
    this.#gathered = "";
    const outcome = writeDirect(this.#socket, text, this.#completed);
    if (outcome === "written") return;
    if (outcome === "pending") this.#directBytes += text.length;
    else if (this.#socket.write(text, "latin1")) return;
    this.peer.blocked();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  end(): void {
    this.send();
    this.#socket.end();
  }

  destroy(): void {
    this.send();
    this.#socket.destroy();
  }

  reset(): void {
    this.send();
    this.#socket.resetAndDestroy();
  }
}
