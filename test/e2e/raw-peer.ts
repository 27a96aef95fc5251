import net from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Waits until `condition` holds, without a sleep: the event loop turns until then, or until a bound that means "never". */
export async function eventually(condition: () => boolean, what: string, boundMs = 10_000): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > boundMs) throw new Error(`never happened: ${what}`);
    await nextTurn();
  }
}

export interface RawMessage {
  /** The first line. */
  readonly line: string;
  /** Names in lower case; the first of several values. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it was on the wire, the empty line included. */
  readonly head: string;
  /** Decoded, latin1. */
  readonly body: string;
  /** Lines behind the last chunk. */
  readonly trailers: string;
}

/** One end of a connection, byte for byte: the other end is the gateway. */
export class RawPeer {
  readonly socket: net.Socket;
  /** What has come and was not taken, as latin1. */
  received = "";
  /** How much has come in all. */
  receivedBytes = 0;
  /** `end` when the gateway closed its side, `reset` when the connection broke. */
  fate: "open" | "end" | "reset" = "open";
  closed = false;
  #wake: (() => void) | undefined = undefined;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
      this.receivedBytes += bytes.length;
      this.#wake?.();
    });
    socket.on("end", () => {
      if (this.fate === "open") this.fate = "end";
      this.#wake?.();
    });
    socket.on("error", () => {
      this.fate = "reset";
      this.#wake?.();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#wake?.();
    });
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const peer = new RawPeer(socket);
    await eventually(() => !socket.connecting, "a connection to the gateway");
    return peer;
  }

  write(data: string | Uint8Array): this {
    if (typeof data === "string") this.socket.write(data, "latin1");
    else this.socket.write(data);
    return this;
  }

  /** Takes what comes up to and with `mark`. */
  async take(mark: string): Promise<string> {
    await this.#until(() => this.received.includes(mark), JSON.stringify(mark));
    return this.#cut(this.received.indexOf(mark) + mark.length);
  }

  async takeBytes(count: number): Promise<string> {
    await this.#until(() => this.received.length >= count, `${count} bytes`);
    return this.#cut(count);
  }

  /** Takes a message with its body; `bodiless` for an answer to HEAD. */
  async takeMessage(bodiless = false): Promise<RawMessage> {
    const head = await this.take("\r\n\r\n");
    const [line, ...fields] = head.trimEnd().split("\r\n");
    const headers = new Map<string, string>();
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).toLowerCase();
      if (!headers.has(name)) headers.set(name, field.slice(colon + 1).trim());
    }
    const message = { line: line!, headers, head, body: "", trailers: "" };
    if (bodiless || / (?:1\d\d|204|304) /.test(line!)) return message;
    if (headers.get("transfer-encoding") === "chunked") return { ...message, ...(await this.#takeChunks()) };
    const length = headers.get("content-length");
    if (length !== undefined) return { ...message, body: await this.takeBytes(Number(length)) };
    if (!line!.startsWith("HTTP/")) return message;
    await this.#until(() => this.fate !== "open", "the end of the connection", true);
    return { ...message, body: this.#cut(this.received.length) };
  }

  async ended(): Promise<"end" | "reset"> {
    await this.#until(() => this.fate !== "open", "the end of the connection", true);
    return this.fate === "end" ? "end" : "reset";
  }

  /** Gone without a word (FIN or RST, as the system does it). */
  destroy(): void {
    this.socket.destroy();
  }

  async #takeChunks(): Promise<{ body: string; trailers: string }> {
    let body = "";
    for (;;) {
      const size = Number.parseInt(await this.take("\r\n"), 16);
      if (size === 0) break;
      body += await this.takeBytes(size);
      await this.take("\r\n");
    }
    let trailers = "";
    for (let line = await this.take("\r\n"); line !== "\r\n"; line = await this.take("\r\n"))
      trailers += line;
    return { body, trailers };
  }

  #cut(length: number): string {
    const taken = this.received.slice(0, length);
    this.received = this.received.slice(length);
    return taken;
  }

  async #until(condition: () => boolean, what: string, endIsFine = false): Promise<void> {
    const bound = AbortSignal.timeout(10_000);
    while (!condition()) {
      if (!endIsFine && this.fate !== "open")
        throw new Error(
          `the connection ended (${this.fate}) before ${what} came; it brought ${JSON.stringify(this.received.slice(0, 300))}`,
        );
      if (bound.aborted)
        throw new Error(`${what} never came; what came is ${JSON.stringify(this.received.slice(0, 300))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        bound.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}

/** A service whose every byte the test writes itself. */
export class RawService {
  readonly connections: RawPeer[] = [];
  readonly #server: net.Server;
  readonly #waiting: RawPeer[] = [];
  /** Takes each connection, when it is set before they come. */
  connected: ((peer: RawPeer) => void) | undefined = undefined;
  /** Answers each request that comes on each connection, when it is set before they come. */
  answer: ((request: RawMessage, peer: RawPeer) => void) | undefined = undefined;
  requests = 0;

  constructor() {
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new RawPeer(socket);
      this.connections.push(peer);
      this.#waiting.push(peer);
      this.connected?.(peer);
      if (this.answer !== undefined) void this.#serve(peer);
    });
  }

  static async listen(answer?: (request: RawMessage, peer: RawPeer) => void): Promise<RawService> {
    const service = new RawService();
    service.answer = answer;
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The next connection that the gateway opens, or has opened. */
  async accept(): Promise<RawPeer> {
    await eventually(() => this.#waiting.length > 0, "a connection to the service");
    return this.#waiting.shift()!;
  }

  close(): void {
    this.#server.close();
    for (const peer of this.connections) peer.destroy();
  }

  async #serve(peer: RawPeer): Promise<void> {
    try {
      for (;;) {
        const request = await peer.takeMessage();
        this.requests++;
        this.answer!(request, peer);
      }
    } catch {
      // The gateway closed the connection: there is nothing more to answer.
    }
  }
}

/** A port where nobody listens. */
export async function refusedUrl(): Promise<string> {
  const service = await RawService.listen();
  const { url } = service;
  service.close();
  return url;
}
