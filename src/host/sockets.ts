import net from "node:net";
import { keepNewObjectsYoung } from "./heap.ts";
import type { ListeningSocket, Network, SocketAddress, Wire, WirePeer } from "./host.ts";
import { readBuffer, SocketWire } from "./socket-wire.ts";

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
  keepNewObjectsYoung();
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
