import { setImmediate as nextTurn } from "node:timers/promises";
import { createGateway, defineConfig } from "../../../src/index.ts";
import type { Gateway } from "../../../src/index.ts";
import { RawPeer } from "../../e2e/raw-peer.ts";
import type { StrictRequest } from "../strict-reading.ts";
import { RecordingService } from "../recording-service.ts";
import { readStrictly } from "../strict-reading.ts";

/** The request's own body, and where it went. */
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
    const recorder = await RecordingService.listen({ whole: answer });
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
    this.#recorder.take();
    const client = await RawPeer.connect(this.port);
    client.write(bytes);
    await settled(client, readStrictly(bytes).requests.length);
    client.socket.end();
    await client.ended();
    client.destroy();
    const { requests: forwarded, faults } = this.#recorder.take();
    const told = [...faults, ...(await this.#askForCanary())];
    const status = Number(FINAL.exec(client.received)?.[1] ?? 0);
    return { response: client.received, status, forwarded, faults: told };
  }

  /** Whatever was left on a connection to the service would come before this request, or its answer before this answer. */
  async #askForCanary(): Promise<string[]> {
    const body = `canary ${++this.#canaries}`;
    const client = await RawPeer.connect(this.port);
    client.write(
      `POST /canary HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await client.ended();
    client.destroy();
    const { requests, faults } = this.#recorder.take();
    const told = [...faults];
    if (!client.received.endsWith(`\r\n\r\n${body}`)) told.push(`another client got ${client.received}`);
    if (requests.length !== 1) told.push(`${requests.length} requests came where one was sent`);
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
