/** An honest client: a request every few milliseconds on a few connections; tells how long its answers took. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { shopBody, shopHeaders, shopPath } from "../shop.ts";

export interface HonestReport {
  readonly answered: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 4;
const pauseMs = 4;
const patienceMs = 5000;
/** No attacker's. */
const localAddress = "127.0.0.100";

const fields = Object.entries(shopHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
const request = `GET ${shopPath} HTTP/1.1\r\nhost: 127.0.0.1\r\n${fields.join("")}\r\n`;

process.once("disconnect", () => process.exit(0));
process.on("message", (seconds: number) => {
  void measure(seconds).then((report) => process.send?.(report));
});

async function measure(seconds: number): Promise<HonestReport> {
  const untilMs = performance.now() + seconds * 1000;
  const tookMs: number[] = [];
  let failed = 0;
  const ask = async (): Promise<void> => {
    let client: Client | undefined;
    while (performance.now() < untilMs) {
      client ??= new Client();
      const beganMs = performance.now();
      if (await client.ask()) {
        tookMs.push(performance.now() - beganMs);
      } else {
        failed++;
        client.close();
        client = undefined;
      }
      await sleep(pauseMs);
    }
    client?.close();
  };
  await Promise.all(Array.from({ length: connections }, ask));
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? Number.POSITIVE_INFINITY;
  return { answered: tookMs.length, failed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/**
 * A connection that asks one thing at a time. A request costs it next to nothing: with a promise, a timer and a signal for
 * each, its own collections were among the slowest of its answers.
 */
class Client {
  readonly #socket: Socket;
  #received = "";
  #settle: ((answered: boolean) => void) | undefined = undefined;

  constructor() {
    this.#socket = connect({ port: Number(process.env["GATEWAY_PORT"]), host: "127.0.0.1", localAddress });
    this.#socket.setEncoding("latin1");
    this.#socket.setNoDelay(true);
    this.#socket.setTimeout(patienceMs, () => this.#end(false));
    this.#socket.on("data", (text: string) => this.#receive(text));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#end(false));
  }

  /** Whether the whole answer came, with the status that it should have. */
  ask(): Promise<boolean> {
    this.#received = "";
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    if (!this.#received.startsWith("HTTP/1.1 200")) this.#end(false);
    else if (this.#received.endsWith(shopBody)) this.#end(true);
  }

  #end(answered: boolean): void {
    this.#settle?.(answered);
    this.#settle = undefined;
  }
}
