/** Bounds on what all clients together make the gateway hold: who has held something for the longest gives way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage, type Stage } from "./harness.ts";
import { eventually, type RawPeer } from "./raw-peer.ts";

const respond = [{ path: "/*", handler: { respond: { body: "ok" } } }];

/** Writes `text` and waits until the gateway has read it. */
async function begin(gateway: Stage, text: string): Promise<RawPeer> {
  const client = await gateway.client();
  const before = gateway.host.network.read;
  client.write(text);
  await eventually(() => gateway.host.network.read >= before + text.length, "the beginning is read");
  return client;
}

async function isRefused(client: RawPeer): Promise<void> {
  const message = await client.takeMessage();
  assert.match(message.line, /503/);
  assert.equal(JSON.parse(message.body).code, "http.overloaded");
  assert.equal(message.headers.get("retry-after"), "1");
  assert.equal(await client.ended(), "end");
}

test("with one head too many in progress, the oldest is refused and the others go on", async (t) => {
  const gateway = await stage(t, { limits: { maxHeads: 2 }, routes: respond });
  const heads: RawPeer[] = [];
  for (let i = 0; i < 3; i++) heads.push(await begin(gateway, "GET / HTTP/1.1\r\nhost:"));
  await isRefused(heads[0]!);
  for (const client of heads.slice(1)) {
    client.write(" a\r\n\r\n");
    assert.match((await client.takeMessage()).line, /200/);
  }
  // Those that ended are in progress no more.
  const next = await begin(gateway, "GET / HTTP/1.1\r\n");
  await begin(gateway, "GET / HTTP/1.1\r\n");
  next.write("host: a\r\n\r\n");
  assert.match((await next.takeMessage()).line, /200/);
});

test("a head that comes at once is never too many", async (t) => {
  const gateway = await stage(t, { limits: { maxHeads: 1 }, routes: respond });
  const slow = await begin(gateway, "GET / HTTP/1.1\r\n");
  for (let i = 0; i < 3; i++) assert.match((await gateway.get("/")).line, /200/);
  slow.write("host: a\r\n\r\n");
  assert.match((await slow.takeMessage()).line, /200/);
});

test("bodies that wait for a service are held up to the bound, and the oldest gives way", async (t) => {
  const backend = await service(t, (_request, peer) => void peer.write(OK));
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 100 } } },
    limits: { held: "1mb" },
  });
  const opening: (() => void)[] = [];
  gateway.host.network.opening = opening;
  const head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n";
  const uploads: RawPeer[] = [];
  // Each takes one buffer of 64 KB.
  for (let i = 0; i < 18; i++) uploads.push(await begin(gateway, head + "x".repeat(60_000)));
  await isRefused(uploads[0]!);
  await isRefused(uploads[1]!);
  await eventually(() => opening.length === 18, "all connections are being opened");
  gateway.host.network.opening = undefined;
  for (const connected of opening) connected();
  for (const client of uploads.slice(2)) assert.match((await client.takeMessage()).line, /200/);
});

test("trailers and heads that do not end are held up to the bound", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 100 } } },
    limits: { held: "1mb", head: "1mb" },
  });
  const trailers = await begin(
    gateway,
    `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${"y".repeat(400_000)}`,
  );
  const head = await begin(gateway, `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(400_000)}`);
  await begin(gateway, `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(400_000)}`);
  await isRefused(trailers);
  await begin(gateway, `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(400_000)}`);
  await isRefused(head);
});

test("of those who take nothing of their responses, the one who has taken nothing for the longest is left", async (t) => {
  const half = "HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n";
  const backend = await service(t, (_request, peer) => void peer.write(half + "x".repeat(16_000_000)));
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 100 } } },
    limits: { held: "1mb" },
  });
  const readers: RawPeer[] = [];
  for (let i = 0; i < 24; i++) {
    const client = await gateway.client();
    client.socket.pause();
    client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    readers.push(client);
    await eventually(() => gateway.host.network.waiting > 0 || gateway.done.length > 0, "something waits");
  }
  const [first] = await gateway.finished(1);
  assert.equal(first!.code, "client.gave_way");
  assert.ok(gateway.host.network.waiting < 2 * 1024 ** 2);
});
