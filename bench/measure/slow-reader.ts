import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningPeer } from "../peers/peer.ts";
import { exportBytes, exportPath, shopHeaders } from "../shop.ts";
import { readResidentBytes } from "./process-figures.ts";

const pauseMs = 2000;
const tickMs = 20;
const bytesPerTick = 2.5 * 1024 * 1024;
const stallMs = 10_000;

/**
 * How much a gateway's resident memory grows, at its peak, while a client takes a 256 MB answer slowly: first it
 * reads nothing for two seconds, time enough for a gateway without back-pressure to swallow the whole answer; then
 * it reads some 128 MB a second. Garbage counts here, since the machine has to hold it.
 */
export async function measureSlowReader(peer: RunningPeer): Promise<number> {
  await peer.collectGarbage();
  const before = readResidentBytes(peer.pid);
  const socket = connect(peer.port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.pause();
    const answer = { received: 0, allowed: 0 };
    socket.on("data", (chunk) => {
      answer.received += chunk.length;
      if (answer.received >= answer.allowed) socket.pause();
    });
    socket.write(renderRequest());

    let peak = before;
    const sample = async (): Promise<void> => {
      await sleep(tickMs);
      peak = Math.max(peak, readResidentBytes(peer.pid));
    };
    for (const end = performance.now() + pauseMs; performance.now() < end;) await sample();
    let progressAt = performance.now();
    while (answer.received < exportBytes) {
      const receivedBefore = answer.received;
      answer.allowed = answer.received + bytesPerTick;
      socket.resume();
      await sample();
      if (answer.received > receivedBefore) progressAt = performance.now();
      const stalled = performance.now() - progressAt > stallMs;
      if (answer.received < exportBytes && (stalled || socket.destroyed)) {
        throw new Error(`the long answer broke off after ${answer.received} of ${exportBytes} bytes`);
      }
    }
    return peak - before;
  } finally {
    socket.destroy();
  }
}

function renderRequest(): string {
  const fields = Object.entries(shopHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${exportPath} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n${fields.join("")}\r\n`;
}
