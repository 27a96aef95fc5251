/** Streams between a fast side and a slow one: what waits in between is bounded, and nothing of it is lost. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { service, stage } from "./harness.ts";
import { eventually, type RawPeer } from "./raw-peer.ts";

const MB = 1024 * 1024;
/** What the kernel's four socket buffers may take on their way, plus the gateway's own. */
const BOUND = 32 * MB;

/** Writes `count` pieces as fast as the other side takes them. */
async function pour(peer: RawPeer, piece: Buffer, count: number): Promise<void> {
  const closed = new AbortController();
  peer.socket.once("close", () => closed.abort());
  for (let i = 0; i < count && !closed.signal.aborted; i++) {
    if (peer.socket.write(piece)) continue;
    await once(peer.socket, "drain", { signal: closed.signal }).catch(() => {});
  }
}

/** Waits until `bytes` no longer grows. */
async function stalled(bytes: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await eventually(() => {
    if (bytes() !== last) {
      last = bytes();
      since = performance.now();
    }
    return performance.now() - since > 150;
  }, "a stall");
  return last;
}

/** Counts what comes, and keeps nothing of it. */
function count(peer: RawPeer): () => number {
  let bytes = 0;
  peer.socket.removeAllListeners("data");
  peer.socket.on("data", (piece: Buffer) => (bytes += piece.length));
  return () => bytes;
}

async function open(
  t: TestContext,
  policies: object = {},
): Promise<{ client: RawPeer; accept: () => Promise<RawPeer>; waiting: () => number }> {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    limits: { body: "1gb" },
    policies,
  });
  const client = await gateway.client();
  return { client, accept: () => backend.accept(), waiting: () => gateway.host.network.mostWaiting };
}

for (const pieceBytes of [MB, 4096]) {
  test(`a slow reader of 200 MB in pieces of ${pieceBytes} bytes costs a bounded buffer`, async (t) => {
    const { client, accept, waiting } = await open(t);
    client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    const peer = await accept();
    await peer.takeMessage();
    const total = pieceBytes === MB ? 200 * MB : 60 * MB;
    peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
    await client.take("\r\n\r\n");
    client.socket.pause();
    const read = count(client);
    void pour(peer, Buffer.alloc(pieceBytes), total / pieceBytes);
    const written = await stalled(() => peer.socket.bytesWritten - peer.socket.writableLength);
    assert.ok(written < BOUND, `the service could write ${written} bytes`);
    assert.ok(waiting() < MB, `${waiting()} bytes waited in the gateway`);
    client.socket.resume();
    await eventually(() => read() >= total, "the whole answer", 20_000);
    assert.equal(read(), total - client.received.length);
  });

  test(`a slow service is sent a big upload in pieces of ${pieceBytes} bytes at its own pace`, async (t) => {
    const { client, accept, waiting } = await open(t);
    const total = 60 * MB;
    client.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${total}\r\n\r\n`);
    const peer = await accept();
    await peer.take("\r\n\r\n");
    peer.socket.pause();
    const read = count(peer);
    void pour(client, Buffer.alloc(pieceBytes), total / pieceBytes);
    const written = await stalled(() => client.socket.bytesWritten - client.socket.writableLength);
    assert.ok(written < BOUND, `the client could write ${written} bytes`);
    assert.ok(waiting() < MB, `${waiting()} bytes waited in the gateway`);
    peer.socket.resume();
    await eventually(() => read() >= total, "the whole upload", 20_000);
    peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assert.equal((await client.takeMessage()).body, "ok");
  });
}

test("pieces that come one by one, slowly, are not gathered without end for a client that reads nothing", async (t) => {
  const { client, accept, waiting } = await open(t);
  client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  const peer = await accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  await client.take("\r\n\r\n");
  client.socket.pause();
  const piece = Buffer.from(`800\r\n${"x".repeat(2048)}\r\n`);
  const most = 12_000;
  let taken = 0;
  // Each piece is a read of its own in the gateway, too small to be written alone.
  for (; taken < most; taken++) {
    peer.write(piece);
    const started = performance.now();
    do await nextTurn();
    while (peer.socket.writableLength > 0 && performance.now() - started < 200);
    if (peer.socket.writableLength > 0) break;
  }
  assert.ok(taken < most, "the service can write no more");
  assert.ok(waiting() < MB, `${waiting()} bytes waited in the gateway`);
});

test("a compressed answer is as bounded", async (t) => {
  const { client, accept, waiting } = await open(t, { compress: {} });
  client.write("GET / HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n");
  const peer = await accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n");
  await client.take("\r\n\r\n");
  client.socket.pause();
  const noise = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919 + (i >> 3) * 104_729) & 0xff));
  const piece = Buffer.concat([Buffer.from("10000\r\n"), noise, Buffer.from("\r\n")]);
  void pour(peer, piece, 200);
  await stalled(() => peer.socket.bytesWritten - peer.socket.writableLength);
  assert.ok(waiting() < 2 * MB, `${waiting()} bytes waited in the gateway`);
});
