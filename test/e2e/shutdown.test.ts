/** The end of a gateway: what is in flight finishes, what is idle ends, what is new is not begun. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage } from "./harness.ts";
import { eventually, RawPeer } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

test("a request in flight finishes, an idle connection ends, a new one is not taken", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const idle = await gateway.client();
  const busy = await gateway.client();
  busy.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  let closed = false;
  const closing = gateway.close().then(() => (closed = true));
  assert.equal(await idle.ended(), "end");
  await assert.rejects(RawPeer.connect(gateway.port).then((late) => late.write(GET).takeMessage()));
  peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
  const message = busy.takeMessage();
  await busy.takeBytes(0);
  assert.equal(closed, false);
  peer.write("k");
  const { headers, body } = await message;
  assert.equal(body, "ok");
  assert.equal(headers.get("connection"), "close");
  assert.equal(await busy.ended(), "end");
  idle.destroy();
  busy.destroy();
  await closing;
  await peer.ended();
});

test("a request whose head has begun is still answered, and is the last", async (t) => {
  const backend = await service(t, (_request, peer) => void peer.write(OK));
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write("GET / HTTP/1.1\r\n");
  await eventually(() => gateway.host.network.read > 0, "the head's beginning");
  const closing = gateway.close();
  client.write(`host: a\r\n\r\n${GET}`);
  const message = await client.takeMessage();
  assert.equal(message.body, "ok");
  assert.equal(message.headers.get("connection"), "close");
  assert.equal(await client.ended(), "end");
  assert.equal(client.received, "");
  client.destroy();
  await closing;
});

test("from the first moment of a shutdown the gateway is not ready, though alive, while others finish", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    routes: [
      { path: "/ready", handler: { health: { probe: "ready" } } },
      { path: "/live", handler: { health: { probe: "live" } } },
      { path: "/*", service: "backend" },
    ],
  });
  assert.match((await gateway.get("/ready")).line, /200/);
  const busy = await gateway.client();
  busy.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  const probes: RawPeer[] = [];
  for (const path of ["/ready", "/live"]) {
    const client = await gateway.client();
    const { read } = gateway.host.network;
    client.write(`GET ${path} HTTP/1.1\r\n`);
    await eventually(() => gateway.host.network.read > read, "the beginning of a probe");
    probes.push(client);
  }
  const closing = gateway.close();
  const statuses: (string | undefined)[] = [];
  for (const client of probes) {
    client.write("host: a\r\n\r\n");
    const { line, headers } = await client.takeMessage();
    assert.equal(headers.get("connection"), "close");
    statuses.push(line.split(" ")[1]);
  }
  assert.deepEqual(statuses, ["503", "200"]);
  peer.write(OK);
  assert.equal((await busy.takeMessage()).body, "ok");
  for (const client of [busy, ...probes]) client.destroy();
  await closing;
});

test("what is not done in time is ended, seen as broken off, and not blamed on its service", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, drain: "10s" });
  const client = await gateway.client();
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  const closing = gateway.close();
  gateway.clock.advance(9900);
  assert.equal(gateway.done.length, 0);
  gateway.clock.advance(200);
  await closing;
  await client.ended();
  assert.equal(client.received, "");
  await peer.ended();
  assert.equal(gateway.done[0]!.code, "client.shutdown");
});

test("closing twice is closing once", async (t) => {
  const gateway = await stage(t, { routes: [{ path: "/*", handler: { respond: {} } }] });
  await Promise.all([gateway.close(), gateway.close()]);
});
