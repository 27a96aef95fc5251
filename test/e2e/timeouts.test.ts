/** Every wait has an end, told by a clock that the test moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const TIMEOUTS = { head: "10s", body: "30s", idle: "75s", write: "20s" } as const;
const respond = { timeouts: TIMEOUTS, routes: [{ path: "/*", handler: { respond: { body: "ok" } } }] };

test("a connection that says nothing is closed after the time for a head", async (t) => {
  const gateway = await stage(t, respond);
  const client = await gateway.client();
  await eventually(() => gateway.host.network.accepted === 1, "a connection");
  gateway.clock.advance(9900);
  assert.equal(client.fate, "open");
  gateway.clock.advance(200);
  assert.equal(await client.ended(), "end");
  assert.equal(client.received, "");
});

test("a head that comes drop by drop has one deadline", async (t) => {
  const gateway = await stage(t, respond);
  const client = await gateway.client();
  const send = async (text: string): Promise<void> => {
    const before = gateway.host.network.read;
    client.write(text);
    await eventually(() => gateway.host.network.read === before + text.length, "the bytes are read");
  };
  await send("GET / HT");
  for (let i = 0; i < 9; i++) {
    gateway.clock.advance(1000);
    await send("TP/1.1\r\nx:"[i]!);
  }
  assert.equal(client.received, "");
  gateway.clock.advance(1100);
  const message = await client.takeMessage();
  assert.match(message.line, /408/);
  assert.equal(message.headers.get("connection"), "close");
  assert.equal(JSON.parse(message.body).code, "http.request_timeout");
  assert.equal(await client.ended(), "end");
});

test("a connection is kept for the idle time, from the end of a response", async (t) => {
  const gateway = await stage(t, respond);
  const client = await gateway.client();
  for (let round = 0; round < 2; round++) {
    client.write(GET);
    await client.takeMessage();
    gateway.clock.advance(74_900);
    assert.equal(client.fate, "open");
  }
  gateway.clock.advance(200);
  assert.equal(await client.ended(), "end");
});

test("a body may pause for its time, as often as it likes, and no longer; the service sees it broken off, and is not blamed", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], circuitBreaker: { consecutiveFailures: 1 } } },
    timeouts: TIMEOUTS,
  });
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n");
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  for (const byte of "abc") {
    client.write(byte);
    await peer.take(byte);
    gateway.clock.advance(29_900);
  }
  assert.equal(client.received, "");
  gateway.clock.advance(200);
  assert.match((await client.takeMessage()).line, /408/);
  await peer.ended();
  backend.answer = (_request, other) => void other.write(OK);
  assert.match((await gateway.get("/")).line, /200/);
});

test("a client slower than the service's own patience is not held against the service", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: {
      backend: {
        targets: [backend.url],
        circuitBreaker: { consecutiveFailures: 1 },
        timeouts: { idle: "5s", response: "5s" },
      },
    },
    timeouts: TIMEOUTS,
  });
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na");
  const peer = await backend.accept();
  await peer.take("\r\n\r\na");
  gateway.clock.advance(20_000);
  client.write("b");
  await peer.take("b");
  gateway.clock.advance(4800);
  peer.write("HTTP/1.1 200 OK\r\n");
  await eventually(() => gateway.host.network.read > 0, "the answer begins");
  peer.write("content-length: 2\r\n\r\nok");
  assert.equal((await client.takeMessage()).body, "ok");
});

test("a service that stops in its answer's body is cut off after its time, and the client sees a truncation", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: {
      backend: {
        targets: [backend.url],
        circuitBreaker: { consecutiveFailures: 1 },
        timeouts: { idle: "60s" },
      },
    },
  });
  const client = await gateway.client();
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
  await client.take("\r\n\r\n");
  for (const byte of "abc") {
    peer.write(byte);
    await client.take(byte);
    gateway.clock.advance(59_000);
  }
  gateway.clock.advance(1200);
  assert.equal(await client.ended(), "end");
  await peer.ended();
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, "service.stalled");
  assert.match((await gateway.get("/")).line, /503/);
});

test("the head of an answer has one deadline, however it is cut", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], timeouts: { response: "10s" } } },
  });
  const client = await gateway.client();
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  for (const byte of "HTTP/1.1") {
    const before = gateway.host.network.read;
    peer.write(byte);
    await eventually(() => gateway.host.network.read > before, "the byte is read");
    gateway.clock.advance(1200);
  }
  gateway.clock.advance(600);
  const message = await client.takeMessage();
  assert.match(message.line, /504/);
  assert.equal(JSON.parse(message.body).code, "service.timeout");
});

test("a service that takes nothing of a request is given up after its time", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], timeouts: { idle: "10s" } } },
    limits: { body: "100mb" },
  });
  const client = await gateway.client();
  const length = 40 * 1024 * 1024;
  client.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`);
  const peer = await backend.accept();
  peer.socket.pause();
  client.socket.write(Buffer.alloc(length));
  let waited = -1;
  let since = performance.now();
  await eventually(() => {
    if (gateway.host.network.read !== waited) since = performance.now();
    waited = gateway.host.network.read;
    return performance.now() - since > 100;
  }, "a stall");
  gateway.clock.advance(9800);
  assert.equal(client.received, "");
  gateway.clock.advance(400);
  assert.match((await client.takeMessage()).line, /504/);
});

test("a connection that does not open in time is a 503", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], timeouts: { connect: "2s" } } },
  });
  const opening: (() => void)[] = [];
  gateway.host.network.opening = opening;
  const client = await gateway.client();
  client.write(GET);
  await eventually(() => opening.length === 1, "a connection that is being opened");
  gateway.clock.advance(1900);
  assert.equal(client.received, "");
  gateway.clock.advance(200);
  const message = await client.takeMessage();
  assert.match(message.line, /503/);
  assert.equal(JSON.parse(message.body).code, "service.connect_timeout");
});

const LARGE = 40 * 1024 * 1024;

test("a client that takes nothing is given up after the time to write, and its service is let go without blame", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], circuitBreaker: { consecutiveFailures: 1 } } },
    timeouts: TIMEOUTS,
  });
  const client = await gateway.client();
  client.socket.pause();
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${LARGE}\r\n\r\n`).write(Buffer.alloc(LARGE));
  await eventually(() => gateway.host.network.mostWaiting > 60_000, "the client is slow");
  await quiet(() => gateway.host.network.read);
  gateway.clock.advance(19_800);
  assert.equal(gateway.done.length, 0);
  // What it took in the beginning is only noticed now.
  gateway.clock.advance(20_400);
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, "client.write_timeout");
  await peer.ended();
  backend.answer = (_request, other) => void other.write(OK);
  assert.match((await gateway.get("/")).line, /200/);
});

test("a client that takes a little now and then is slow, not dead, also behind its last response", async (t) => {
  const body = "x".repeat(20_000_000);
  const gateway = await stage(t, {
    timeouts: TIMEOUTS,
    routes: [{ path: "/*", handler: { respond: { body } } }],
  });
  const client = await gateway.client();
  client.socket.pause();
  client.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  await gateway.finished(1);
  await quiet(() => gateway.host.network.waiting);
  for (let i = 0; i < 5; i++) {
    const before = gateway.host.network.waiting;
    if (before === 0) break;
    client.socket.resume();
    await eventually(() => gateway.host.network.waiting < before, "the client has taken something");
    client.socket.pause();
    gateway.clock.advance(15_000);
  }
  client.socket.resume();
  assert.equal((await client.takeMessage()).body.length, body.length);
  assert.equal(await client.ended(), "end");
});

test("a request that waits for its service is not timed out for the response before it", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], timeouts: { response: "200s" } } },
    timeouts: TIMEOUTS,
    routes: [
      { path: "/own", handler: { respond: { body: "x".repeat(30_000) } } },
      { path: "/*", service: "backend" },
    ],
  });
  const client = await gateway.client();
  client.socket.pause();
  // Until the system takes a response only in part: so little of it waits that the next request is read.
  let own = 0;
  while (gateway.host.network.waiting === 0) {
    client.write("GET /own HTTP/1.1\r\nhost: a\r\n\r\n");
    await gateway.finished(++own);
  }
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  client.socket.resume();
  for (; own > 0; own--) await client.takeMessage();
  gateway.clock.advance(190_000);
  peer.write(OK);
  assert.equal((await client.takeMessage()).body, "ok");
});

for (const [what, bytes, heldMs] of [
  ["is held for two seconds, so that it can read that", 100_000, 2000],
  ["with more than is read of it is held for half a second", 400_000, 500],
] as const) {
  test(`who goes on sending behind a refusal ${what}`, async (t) => {
    const gateway = await stage(t, respond);
    const { network } = gateway.host;
    const client = await gateway.client();
    client.write("GET / HTTP/9.9\r\n\r\n");
    assert.match((await client.takeMessage()).line, /505/);
    client.write("x".repeat(bytes));
    await eventually(() => network.read > Math.min(bytes, 128 * 1024), "all that is read of it");
    gateway.clock.advance(heldMs - 100);
    assert.equal(network.accepted, 1);
    gateway.clock.advance(200);
    await eventually(() => network.accepted === 0, "the end of the connection");
  });
}

/** Waits until `value` no longer changes. */
async function quiet(value: () => number): Promise<void> {
  let last = value();
  let since = performance.now();
  await eventually(() => {
    if (value() !== last) since = performance.now();
    last = value();
    return performance.now() - since > 100;
  }, "a stall");
}
