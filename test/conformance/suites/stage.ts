import net from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createGateway, defineConfig } from "../../../src/index.ts";
import type { Gateway } from "../../../src/index.ts";
import { RawPeer } from "../../e2e/raw-peer.ts";
import type { StrictRequest } from "./strict-reading.ts";
import { readStrictly } from "./strict-reading.ts";

/** A service that reads what it gets by the strict reading alone, keeps it, and answers with the request's body. */
export class RecordingService {
  readonly requests: StrictRequest[] = [];
  /** What it got and could not read in exactly one way. */
  readonly faults: string[] = [];
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
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the service does not listen");
    return address.port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      const { requests, rest, fault } = readStrictly(text);
      text = rest;
      for (const request of requests) {
        this.requests.push(request);
        socket.write(answer(request), "latin1");
      }
      if (fault === undefined) return;
      this.faults.push(fault);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

function answer({ method, target, body }: StrictRequest): string {
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-target: ${encodeURIComponent(target)}\r\n\r\n`;
  return method === "HEAD" ? head : head + body;
}

const FINAL = /HTTP\/1\.1 ([2-5]\d\d) /;
const FINALS = new RegExp(FINAL, "g");
/** How long nothing must come before nothing more is expected, and before an answer that should come is given up. */
const QUIET_MS = 5;
const MOST_MS = 1000;

/** What came of bytes that a client sent. */
export interface Exchanged {
  /** All that the gateway wrote until it closed the connection. */
  readonly response: string;
  /** Of the first answer that is not interim; 0 when none came. */
  readonly status: number;
  /** The requests that reached the service meanwhile. */
  readonly forwarded: readonly StrictRequest[];
  /** What reached the service and had no single reading, or was not what it should be. */
  readonly faults: readonly string[];
}

/** A gateway with one route to one service, the recording one, perhaps behind a server that stands between. */
export class SuiteStage {
  readonly #recorder: RecordingService;
  readonly #gateway: Gateway;
  readonly port: number;
  readonly between: boolean;
  #canaries = 0;

  private constructor(recorder: RecordingService, gateway: Gateway, port: number, between: boolean) {
    this.#recorder = recorder;
    this.#gateway = gateway;
    this.port = port;
    this.between = between;
  }

  /** `between` is told the recorder's port, and tells the port that the gateway is to ask. */
  static async start(between?: (port: number) => Promise<number>): Promise<SuiteStage> {
    const recorder = await RecordingService.listen();
    const servicePort = between === undefined ? recorder.port : await between(recorder.port);
    const gateway = createGateway(suiteConfig(`http://127.0.0.1:${servicePort}`));
    const { port } = await gateway.start();
    return new SuiteStage(recorder, gateway, port, between !== undefined);
  }

  async close(): Promise<void> {
    await this.#gateway.close();
    this.#recorder.close();
  }

  /** Sends `bytes` (latin1) on a connection of its own, waits for its end, then asks as another client for what only it asked for. */
  async send(bytes: string): Promise<Exchanged> {
    const { requests, faults } = this.#recorder;
    requests.length = 0;
    faults.length = 0;
    const client = await RawPeer.connect(this.port);
    client.write(bytes);
    await settled(client, readStrictly(bytes).requests.length);
    client.socket.end();
    await client.ended();
    client.destroy();
    const forwarded = requests.splice(0);
    const told = [...faults.splice(0), ...(await this.#askForCanary())];
    const status = Number(FINAL.exec(client.received)?.[1] ?? 0);
    return { response: client.received, status, forwarded, faults: told };
  }

  /** Whatever was left on a connection to the service would come before this request, or its answer before this answer. */
  async #askForCanary(): Promise<string[]> {
    const { requests, faults } = this.#recorder;
    const body = `canary ${++this.#canaries}`;
    const client = await RawPeer.connect(this.port);
    client.write(
      `POST /canary HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await client.ended();
    client.destroy();
    const told = faults.splice(0);
    if (!client.received.endsWith(`\r\n\r\n${body}`)) told.push(`another client got ${client.received}`);
    if (requests.length !== 1) told.push(`${requests.length} requests came where one was sent`);
    requests.length = 0;
    return told;
  }
}

/**
 * Waits for the end of the connection, or for the answers that the strict reading leads to expect and then a moment for whatever
 * else might be on its way. A client that has sent FIN gets no answer: it must not send it before.
 */
async function settled(client: RawPeer, answers: number): Promise<void> {
  const started = performance.now();
  let quietSince = started;
  for (let before = -1; client.fate === "open"; before = client.receivedBytes) {
    const now = performance.now();
    if (client.receivedBytes !== before) quietSince = now;
    const complete = [...client.received.matchAll(FINALS)].length >= answers;
    if (now - quietSince > (complete ? QUIET_MS : MOST_MS)) return;
    await nextTurn();
  }
}

/** One route to one service; the gateway's log goes nowhere. */
export function suiteConfig(target: string) {
  return defineConfig({
    listen: { host: "127.0.0.1", port: 0 },
    log: { access: false, level: "error" },
    services: { service: { targets: [target], circuitBreaker: false } },
    routes: [{ path: "/*", service: "service" }],
  });
}
