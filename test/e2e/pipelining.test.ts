/** Requests that do not wait for the response before them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

test("a slow first answer keeps a fast second one waiting", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write(get("/slow") + get("/fast"));
  const slow = await backend.accept();
  await slow.takeMessage();
  slow.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nsl");
  await client.take("sl");
  assert.equal(backend.connections.length, 1, "the second request waits its turn");
  slow.write("ow");
  const peers = [slow, undefined];
  await eventually(() => backend.connections.length === 2 || slow.received !== "", "the second request");
  const fast = backend.connections[1] ?? peers[0]!;
  await fast.takeMessage();
  fast.write(OK);
  assert.equal(await client.take("ow"), "ow");
  assert.equal((await client.takeMessage()).body, "ok");
});

test("1000 pipelined requests are answered in order, from services and by the gateway itself", async (t) => {
  const backend = await service(t, (request, peer) => {
    const path = request.line.split(" ")[1]!;
    peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${path.length}\r\n\r\n${path}`);
  });
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    routes: [
      { path: "/s/*", service: "backend" },
      { path: "/own", handler: { respond: { body: "own" } } },
    ],
  });
  const client = await gateway.client();
  const paths = Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? "/own" : `/s/${i}`));
  client.write(paths.map(get).join(""));
  for (const path of paths) assert.equal((await client.takeMessage()).body, path === "/own" ? "own" : path);
  assert.ok(backend.connections.length <= 2);
});

test("a flood of requests whose answers nobody reads is not answered without end, nor forgotten", async (t) => {
  const text = "x".repeat(40_000);
  const gateway = await stage(t, { routes: [{ path: "/*", handler: { respond: { body: text } } }] });
  const client = await gateway.client();
  client.socket.pause();
  const count = 1000;
  for (let i = 0; i < count; i++) client.write(get("/"));
  let answered = -1;
  await eventually(() => {
    const before = answered;
    answered = gateway.done.length;
    return answered > 0 && before === answered && client.socket.writableLength === 0;
  }, "the gateway waits");
  const deadline = performance.now() + 100;
  await eventually(() => performance.now() > deadline, "nothing more");
  assert.ok(gateway.done.length < count / 2, `${gateway.done.length} answers for nobody`);
  client.socket.resume();
  for (let i = 0; i < count; i++) assert.equal((await client.takeMessage()).body.length, text.length);
  assert.equal(gateway.done.length, count);
});

test("an unread response of a size that the system takes only in part does not strand the request behind it", async (t) => {
  const gateway = await stage(t, {
    routes: [
      { path: "/fill/*", handler: { respond: { body: "x".repeat(1_000_000) } } },
      { path: "/*", handler: { respond: { body: "y".repeat(16_000) } } },
    ],
  });
  const client = await gateway.client();
  client.socket.pause();
  const requests = [...Array.from({ length: 20 }, () => "/fill/x"), ...Array.from({ length: 50 }, () => "/")];
  for (const path of requests) client.write(get(path));
  await gateway.finished(1);
  client.socket.resume();
  for (const path of requests) {
    assert.equal((await client.takeMessage()).body.length, path === "/" ? 16_000 : 1_000_000);
  }
});

test("an unreadable request behind others is refused after their answers", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write(`${get("/")}NOT HTTP\r\n\r\n${get("/never")}`);
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write(OK);
  assert.equal((await client.takeMessage()).body, "ok");
  const refusal = await client.takeMessage();
  assert.match(refusal.line, /400/);
  assert.equal(refusal.headers.get("connection"), "close");
  assert.equal(await client.ended(), "end");
  assert.equal(client.received, "");
});

test("a client that goes away takes its waiting requests with it", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write(get("/first"));
  const peer = await backend.accept();
  await peer.takeMessage();
  client.write(get("/second"));
  client.destroy();
  peer.write(OK);
  await eventually(() => gateway.host.network.accepted === 0, "the client's connection is closed");
  assert.equal(gateway.done.length, gateway.host.exchanges);
});
