import net from "node:net";
import { createGateway, defineConfig, type Gateway } from "../../../src/index.ts";
import { readStrictly, type StrictRequest } from "../suites/strict-reading.ts";

/** What the service answers, whatever it is asked. */
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_OF_HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";

/** A head that this service answers before the body has come. */
const IS_EARLY = /^[A-Z]+ \/early[^]*\r\n\r\n/;

export interface RecordedRequest extends StrictRequest {
  /** The connection it came on. */
  readonly socket: net.Socket;
}

/** What has come to the service. */
export interface Recorded {
  /** The whole messages, in their order. */
  readonly requests: readonly RecordedRequest[];
  /** What was no whole message. */
  readonly beginnings: readonly string[];
  /** What had no single reading. */
  readonly faults: readonly string[];
}

/** A service that reads what it gets as strictly as can be, keeps it, and answers what has one reading. */
export class RecordingService {
  readonly #requests: RecordedRequest[] = [];
  readonly #faults: string[] = [];
  /** What came and was no whole message, of connections that have ended. */
  readonly #brokenOff: string[] = [];
  readonly #server: net.Server;
  /** Each connection, and what has come on it and is no whole message yet. */
  readonly #rests = new Map<net.Socket, string>();

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
    for (const socket of this.#rests.keys()) socket.destroy();
  }

  /** Connections on which a message has begun and not ended. */
  get unfinished(): number {
    return [...this.#rests.values()].filter((rest) => rest !== "").length;
  }

  /** What has come since the last call. */
  take(): Recorded {
    const begun = [...this.#rests.values()].filter((rest) => rest !== "");
    return {
      requests: this.#requests.splice(0),
      beginnings: [...this.#brokenOff.splice(0), ...begun],
      faults: this.#faults.splice(0),
    };
  }

  #serve(socket: net.Socket): void {
    this.#rests.set(socket, "");
    socket.setNoDelay(true);
    let answeredEarly = false;
    socket.on("data", (bytes: Buffer) => {
      const { requests, rest, fault } = readStrictly(this.#rests.get(socket)! + bytes.toString("latin1"));
      this.#rests.set(socket, rest);
      for (const request of requests) this.#requests.push({ ...request, socket });
      for (const { method } of requests)
        if (!answeredEarly) socket.write(method === "HEAD" ? OK_OF_HEAD : OK);
      if (!answeredEarly && IS_EARLY.test(rest)) {
        answeredEarly = true;
        socket.write(rest.startsWith("HEAD ") ? OK_OF_HEAD : OK);
      }
      if (fault === undefined) return;
      this.#faults.push(fault);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const rest = this.#rests.get(socket)!;
      if (rest !== "") this.#brokenOff.push(rest);
      this.#rests.delete(socket);
    });
  }
}

/** Of the tokens that are valid on `/admin`. */
export const SECRET = "a secret of the wire corpus, 32 bytes";

const jwt = {
  secret: SECRET,
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
        { path: "/form", method: "DELETE", policies: { jwt }, service },
        { path: "/pair/{a}/{b}", rewrite: "/pairs/{b}/{a}", service },
        { prefix: "/api", stripPrefix: true, routes: [{ path: "/*", service }] },
      ],
    }),
  );
}
