/**
 * Clients and services that do what they like: cut bytes anywhere, answer early, break off, go away, wait. Whatever they do,
 * the gateway lives, every answer that is whole is the right one, and in the end nothing is left. The seed is in the test's
 * name: with it, the same choices are made again.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { service, stage, type Stage } from "./harness.ts";
import type { RawMessage, RawPeer } from "./raw-peer.ts";

const ROUNDS = 120;
const AT_ONCE = 12;

type Choose = <T>(...from: T[]) => T;

for (const seed of [1, 2, 3]) {
  test(`nothing is left of ${ROUNDS} wild conversations (seed ${seed})`, async (t) => {
    const { random } = simulatedHost({ seed });
    const choose: Choose = (...from) => from[Math.floor(random.fraction() * from.length)]!;
    const backend = await service(t);
    backend.connected = (peer) => void serve(peer, choose);
    const gateway = await stage(t, {
      services: {
        backend: {
          targets: [backend.url],
          circuitBreaker: { consecutiveFailures: 20, openFor: "1s" },
          pool: { maxConnections: 6, maxQueued: 4, queueTimeout: "2s" },
          timeouts: { response: "5s", idle: "5s" },
        },
      },
      limits: { body: "100kb" },
      timeouts: { head: "3s", body: "3s", idle: "4s", write: "4s" },
      policies: { compress: {} },
      routes: [
        { path: "/*", service: "backend" },
        { path: "/own/*", handler: { respond: { body: "o".repeat(3000) } } },
      ],
    });
    let left = ROUNDS;
    const run = async (): Promise<void> => {
      while (left-- > 0) {
        await converse(gateway, choose);
        if (choose(true, false, false)) gateway.clock.advance(choose(100, 1000, 3100));
      }
    };
    let running = AT_ONCE;
    const over = Promise.all(Array.from({ length: AT_ONCE }, () => run().finally(() => running--)));
    // Who waits for what will never come waits until its time is over.
    for await (const _turn of turns(() => running > 0)) {
      if (random.fraction() < 0.05) gateway.clock.advance(500);
    }
    await over;
    // And now as if nothing had been.
    for (const client of gateway.clients) client.destroy();
    gateway.clock.advance(60_000);
    assert.match((await gateway.get("/own/x")).line, /200/);
  });
}

/** Turns of the event loop, while `condition` holds. */
async function* turns(condition: () => boolean): AsyncIterable<void> {
  while (condition()) yield nextTurn();
}

/** One connection with one to three requests, cut at random, perhaps left in the middle. */
async function converse(gateway: Stage, choose: Choose): Promise<void> {
  const client = await gateway.client();
  const requests = Array.from({ length: choose(1, 1, 2, 3) }, () => request(choose));
  const text = requests.map(({ text }) => text).join("");
  const stop = choose(text.length, text.length, text.length, Math.floor(text.length * 0.7));
  let sent = 0;
  while (sent < stop && client.fate === "open") {
    const piece = choose(1, 7, 100, 5000, 70_000);
    client.write(text.slice(sent, Math.min(stop, sent + piece)));
    sent += piece;
    if (choose(true, false)) await nextTurn();
  }
  const patience = choose(true, true, true, false);
  if (!patience) {
    client.socket[choose("destroy", "resetAndDestroy", "end")]();
    return;
  }
  for (const { token, head } of requests) {
    let message: RawMessage;
    try {
      do message = await client.takeMessage(head);
      while (/ 1\d\d /.test(message.line));
    } catch {
      return client.destroy();
    }
    const status = message.line.split(" ")[1]!;
    assert.match(status, /^(200|204|4\d\d|5\d\d)$/);
    // A whole answer is the one to this request, and to no other.
    if (status === "200" && token !== "" && message.headers.has("x-token"))
      assert.equal(message.headers.get("x-token"), token);
    if (message.headers.get("connection") === "close") break;
  }
  client.destroy();
}

let tokens = 0;

function request(choose: Choose): { text: string; token: string; head: boolean } {
  const token = `t${++tokens}`;
  const method = choose("GET", "GET", "POST", "PUT", "HEAD");
  const fields = `host: a\r\nx-token: ${token}\r\n${choose("", "accept-encoding: gzip\r\n")}`;
  const path = choose("/s", "/s", "/s", "/own/x");
  const start = `${method} ${path} HTTP/1.${choose(1, 1, 1, 0)}\r\n${fields}`;
  const body = "b".repeat(choose(1, 100, 3000, 60_000, 110_000));
  const rest =
    method === "GET" || method === "HEAD"
      ? choose("\r\n", "\r\n", "\r\n", "connection: close\r\n\r\n")
      : start.includes("HTTP/1.0") || choose(true, false)
        ? `content-length: ${body.length}\r\n${choose("", "expect: 100-continue\r\n")}\r\n${body}`
        : `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n${choose("0\r\n\r\n", "0\r\nx-t: 1\r\n\r\n", "zz\r\n")}`;
  return { text: start + rest, token, head: method === "HEAD" };
}

/** Reads requests and answers them, some before their body has come. */
async function serve(peer: RawPeer, choose: Choose): Promise<void> {
  try {
    for (;;) {
      const early = choose(true, false, false, false);
      if (early) {
        const head = await peer.take("\r\n\r\n");
        const token = /^x-token: (.*)\r$/m.exec(head)![1]!;
        answer({ line: head, headers: new Map([["x-token", token]]) }, peer, choose);
        if (/^(content-length: [1-9]|transfer)/m.test(head)) return;
      } else answer(await peer.takeMessage(), peer, choose);
    }
  } catch {
    // The gateway closed the connection.
  }
}

function answer(request: Pick<RawMessage, "line" | "headers">, peer: RawPeer, choose: Choose): void {
  const fields = `x-token: ${request.headers.get("x-token")}\r\ncontent-type: text/plain\r\n`;
  const body = request.line.startsWith("HEAD") ? "" : "r".repeat(choose(0, 10, 2000, 40_000, 300_000));
  const length = `HTTP/1.1 200 OK\r\n${fields}content-length: ${body.length}\r\n\r\n`;
  const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  const kind = choose(
    "length",
    "length",
    "length",
    "chunked",
    "close",
    "interim",
    "broken",
    "cut",
    "gone",
    "mute",
    "surplus",
    "500",
  );
  if (kind === "length") peer.write(length + body);
  else if (kind === "chunked" && body !== "")
    peer.write(`HTTP/1.1 200 OK\r\n${fields}transfer-encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`);
  else if (kind === "close") peer.write(`HTTP/1.0 200 OK\r\n${fields}\r\n${body}`).socket.end();
  else if (kind === "interim") peer.write(`HTTP/1.1 103 Early Hints\r\n\r\n${length}${body}`);
  else if (kind === "broken") peer.write("HTTP/1.1 2oo OK\r\n\r\n");
  else if (kind === "cut") peer.write((length + body).slice(0, -5)).socket.end();
  else if (kind === "gone") peer.destroy();
  else if (kind === "surplus")
    peer.write(`${length}${body}HTTP/1.1 200 OK\r\nx-token: evil\r\ncontent-length: 0\r\n\r\n`);
  else if (kind === "500") peer.write(`HTTP/1.1 500 x\r\n${fields}content-length: 0\r\n\r\n`);
}
