/** An honest client: a request every few milliseconds on a few connections; tells how long its answers took. */
import { once } from "node:events";
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
    let socket: Socket | undefined;
    while (performance.now() < untilMs) {
      try {
        if (socket === undefined || socket.destroyed) socket = await open();
        const beganMs = performance.now();
        await askOnce(socket);
        tookMs.push(performance.now() - beganMs);
      } catch {
        failed++;
        socket?.destroy();
      }
      await sleep(pauseMs);
    }
    socket?.destroy();
  };
  await Promise.all(Array.from({ length: connections }, ask));
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? Number.POSITIVE_INFINITY;
  return { answered: tookMs.length, failed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function open(): Promise<Socket> {
  const socket = connect({ port: Number(process.env["GATEWAY_PORT"]), host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  await once(socket, "connect", { signal: AbortSignal.timeout(patienceMs) });
  return socket;
}

async function askOnce(socket: Socket): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  socket.once("close", leave);
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(patienceMs)]);
  socket.write(request);
  let received = "";
  while (!received.includes(shopBody)) {
    const [chunk] = await once(socket, "data", { signal });
    received += String(chunk);
    if (received.startsWith("HTTP/1.1") && !received.startsWith("HTTP/1.1 200")) throw new Error(received);
  }
  socket.off("close", leave);
}
