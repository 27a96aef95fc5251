/** As much of Deno as h1spec asks for, so that its own script runs on Node.js as it is: preloaded by `h1spec.ts`. */
import { once } from "node:events";
import net from "node:net";

class Connection {
  readonly #socket: net.Socket;
  #closed = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    // The script leaves connections open: they must not keep it from ending.
    socket.unref();
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.#socket.write(bytes);
    return bytes.length;
  }

  /** Fills `into` with what has come or comes next; null at the end. Rejects when the connection is closed from this side. */
  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#closed) throw new Error("the connection was closed");
      const bytes: Buffer | null = this.#socket.read();
      if (bytes !== null) {
        into.set(bytes.subarray(0, into.length));
        return Math.min(bytes.length, into.length);
      }
      if (this.#socket.readableEnded || this.#socket.destroyed) return null;
      await Promise.race([once(this.#socket, "readable"), once(this.#socket, "close")]);
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }
}

async function connect({ hostname, port }: { hostname: string; port: number }): Promise<Connection> {
  const socket = net.connect({ host: hostname, port });
  await once(socket, "connect");
  return new Connection(socket);
}

Object.assign(globalThis, {
  Deno: { args: process.argv.slice(2), exit: (code: number) => process.exit(code), connect },
});
