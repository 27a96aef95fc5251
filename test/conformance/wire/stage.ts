import net from "node:net";
import { createGateway, defineConfig, type Gateway } from "../../../src/index.ts";
import { readStrictly, type StrictRequest } from "../suites/strict-reading.ts";

/** What the service answers, whatever it is asked. */
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_OF_HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";

/** A service that reads what it gets as strictly as can be, keeps it, and answers what has one reading. */
export class RecordingService {
  readonly #requests: StrictRequest[] = [];
  readonly #faults: string[] = [];
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  static async listen(): Promise<RecordingService> {
    const service = new RecordingService();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The whole messages that have come since the last call, in their order, and what had no single reading. */
  take(): { readonly requests: readonly StrictRequest[]; readonly faults: readonly string[] } {
    return { requests: this.#requests.splice(0), faults: this.#faults.splice(0) };
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      const { requests, rest, fault } = readStrictly(text + bytes.toString("latin1"));
      text = rest;
      this.#requests.push(...requests);
      for (const { method } of requests) socket.write(method === "HEAD" ? OK_OF_HEAD : OK);
      if (fault === undefined) return;
      this.#faults.push(fault);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

const jwt = {
  secret: "a secret of the wire corpus, 32 bytes",
  algorithms: ["HS256" as const],
  claimsToHeaders: { sub: "x-user-id" },
};

/** A gateway with what the cases speak of, in front of the service on `port`. */
export function startGateway(port: number): Gateway {
  const service = "backend";
  return createGateway(
    defineConfig({
      listen: { host: "127.0.0.1", port: 0 },
      log: { access: false, level: "error" },
      services: { [service]: { targets: [`http://127.0.0.1:${port}`], circuitBreaker: false } },
      limits: { target: "200b", head: "2000b", headerCount: 30, body: "1kb" },
      routes: [
        { path: "/*", service },
        { path: "/slash/{name}", service, encodedSlashes: true },
        { prefix: "/admin", policies: { jwt }, routes: [{ path: "/*", service }] },
        { path: "/*", host: "inner.example", policies: { jwt }, service },
      ],
    }),
  );
}
