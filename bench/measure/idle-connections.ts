import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningPeer } from "../peers/peer.ts";
import { shopBody, shopHeaders, shopPath } from "../shop.ts";
import { readResidentBytes } from "./process-figures.ts";

/** Few enough at a time that no peer needs more sockets to its service than it has from the warm-up. */
const openingAtOnce = 32;
const settleMs = 500;
const patienceMs = 10_000;

/**
 * Resident bytes that one idle client connection costs. Each connection serves one request first: what an
 * accepted socket costs before its first byte is not what a kept-alive one costs.
 */
export async function measureIdleConnections(peer: RunningPeer, count: number): Promise<number> {
  const request = renderRequest();
  await peer.collectGarbage();
  const before = readResidentBytes(peer.pid);
  const sockets: Socket[] = [];
  try {
    const openSome = async (): Promise<void> => {
      while (sockets.length < count) {
        const socket = connect(peer.port, "127.0.0.1");
        sockets.push(socket);
        await exchangeOnce(socket, request);
      }
    };
    await Promise.all(Array.from({ length: openingAtOnce }, openSome));
    await sleep(settleMs);
    await peer.collectGarbage();
    const after = readResidentBytes(peer.pid);
    const closed = sockets.filter((socket) => socket.readyState !== "open").length;
    if (closed > 0) throw new Error(`${closed} of ${count} idle connections were closed`);
    return (after - before) / count;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function exchangeOnce(socket: Socket, request: string): Promise<void> {
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(patienceMs)]);
  await once(socket, "connect", { signal });
  socket.write(request);
  let received = "";
  while (!received.includes(shopBody)) {
    const [chunk] = await once(socket, "data", { signal });
    received += String(chunk);
  }
  socket.removeAllListeners("data");
  // Reading on is what notices that the gateway closed the connection.
  socket.resume();
}

function renderRequest(): string {
  const fields = Object.entries(shopHeaders()).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${shopPath} HTTP/1.1\r\nhost: 127.0.0.1\r\n${fields.join("")}\r\n`;
}
