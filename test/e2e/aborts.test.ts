/** Connections that break off, on either side, at every stage: who is told, who is blamed, and what is left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, OK, service, stage } from "./harness.ts";
import { eventually, refusedUrl } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const BREAKER = { consecutiveFailures: 1 };

const stages: readonly { name: string; request: string; answer: string }[] = [
  { name: "before the answer", request: GET, answer: "" },
  { name: "within the answer's head", request: GET, answer: "HTTP/1.1 200 OK\r\n" },
  {
    name: "within the answer's body",
    request: GET,
    answer: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
  },
  {
    name: "within the request's body",
    request: "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc",
    answer: "",
  },
];
for (const { name, request, answer } of stages) {
  for (const how of ["destroy", "resetAndDestroy", "end"] as const) {
    test(`a client that goes away ${name} (${how}) ends the attempt, and the service is not blamed`, async (t) => {
      const backend = await service(t);
      const gateway = await stage(t, {
        services: { backend: { targets: [backend.url], circuitBreaker: BREAKER } },
      });
      const client = await gateway.client();
      client.write(request);
      const peer = await backend.accept();
      await peer.take("\r\n\r\n");
      if (answer.endsWith("abc")) {
        peer.write(answer);
        await client.take("abc");
      } else peer.write(answer);
      client.socket[how]();
      await peer.ended();
      const [x] = await gateway.finished(1);
      assert.equal(x!.code, "client.aborted");
      assert.equal(x!.complete, false);
      backend.answer = (_request, next) => void next.write(OK);
      const again = await gateway.client();
      again.write(GET);
      const second = await backend.accept().catch(() => undefined);
      assert.ok(second !== undefined, "the circuit is closed");
      await again.takeMessage();
    });
  }
}

test("a reply that was there when the client closed its side still reaches it", async (t) => {
  const gateway = await stage(t, { routes: [{ path: "/", handler: { respond: { body: "here" } } }] });
  const client = await gateway.client();
  client.write(GET);
  assert.equal((await client.takeMessage()).body, "here");
  client.socket.end(GET);
  assert.equal((await client.takeMessage()).body, "here");
  assert.equal(await client.ended(), "end");
});

test("a request that turns out unreadable in the turn in which it came never leaves", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write(OK);
  await client.takeMessage();
  client.write("POST /bad HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nno chunk");
  assert.match((await client.takeMessage()).line, /400/);
  await peer.ended();
  assert.equal(peer.received, "");
});

test("a client that goes away while a connection is being opened: its request is never sent", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const opening: (() => void)[] = [];
  gateway.host.network.opening = opening;
  const client = await gateway.client();
  client.write("POST /once HTTP/1.1\r\nhost: a\r\n\r\n");
  await eventually(() => opening.length === 1, "a connection that is being opened");
  client.destroy();
  await gateway.finished(1);
  gateway.host.network.opening = undefined;
  opening[0]!();
  const next = await gateway.client();
  next.write("GET /next HTTP/1.1\r\nhost: a\r\n\r\n");
  // The connection was opened, so it is used: for whom it is of use.
  const peer = await backend.accept();
  assert.equal((await peer.takeMessage()).line, "GET /next HTTP/1.1");
  peer.write(OK);
  await next.takeMessage();
});

const broken: readonly { name: string; head: string; minor: 0 | 1; ends: string }[] = [
  { name: "a length", head: "content-length: 9\r\n\r\nabc", minor: 1, ends: "end" },
  { name: "chunks", head: "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", minor: 1, ends: "end" },
  {
    name: "chunks, for a client that has none",
    head: "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    minor: 0,
    ends: "reset",
  },
];
for (const { name, head, minor, ends } of broken) {
  for (const how of ["end", "resetAndDestroy"] as const) {
    test(`a service that breaks off (${how}) in a body of ${name}: the client sees that it is not whole`, async (t) => {
      const backend = await service(t);
      const gateway = await stage(t, {
        services: { backend: { targets: [backend.url], circuitBreaker: BREAKER } },
      });
      const client = await gateway.client();
      client.write(`GET / HTTP/1.${minor}\r\nhost: a\r\n\r\n`);
      const peer = await backend.accept();
      await peer.takeMessage();
      peer.write(`HTTP/1.1 200 OK\r\n${head}`);
      await client.take("abc");
      peer.socket[how]();
      assert.equal(await client.ended(), ends);
      assert.doesNotMatch(client.received, /0\r\n\r\n/);
      const [x] = await gateway.finished(1);
      assert.equal(x!.code, "service.broken");
      assert.equal(x!.complete, false);
      assert.match((await gateway.get("/")).line, /503/, "it counts as a failure");
    });
  }
}

test("what ends with the connection is not taken for whole when the gateway gives up", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, drain: "1s" });
  const client = await gateway.client();
  client.write("GET / HTTP/1.0\r\n\r\n");
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\n\r\nabc");
  await client.take("abc");
  const closing = gateway.gateway.close();
  gateway.clock.advance(1200);
  await closing;
  assert.equal(await client.ended(), "reset");
});

test("a client too slow with its body, after an answer without length has begun, sees no clean end", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write("POST / HTTP/1.0\r\ncontent-length: 9\r\n\r\nabc");
  const peer = await backend.accept();
  await peer.take("abc");
  peer.write("HTTP/1.1 200 OK\r\n\r\nxyz");
  await client.take("xyz");
  gateway.clock.advance(31_000);
  assert.equal(await client.ended(), "reset");
});

const badAnswers: readonly [string, string][] = [
  ["not HTTP", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na"],
  [
    "length and chunks",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["101 unasked", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
  ["a head too large", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(33_000)}\r\n\r\n`],
  ["seventeen interim answers", "HTTP/1.1 103 x\r\n\r\n".repeat(17) + OK],
];
for (const [name, answer] of badAnswers) {
  test(`an answer that has no single reading (${name}) is a 502 and a failure`, async (t) => {
    const backend = await answering(t, answer);
    const gateway = await stage(t, {
      services: { backend: { targets: [backend.url], circuitBreaker: BREAKER } },
    });
    const client = await gateway.client();
    client.write(GET);
    let message = await client.takeMessage();
    while (message.line.includes(" 103 ")) message = await client.takeMessage();
    assert.match(message.line, /502/);
    const body = JSON.parse(message.body);
    assert.equal(body.code, "service.bad_response");
    assert.equal(body.error, "Backend service unavailable");
    assert.equal((await gateway.get("/")).headers.get("retry-after"), "30");
  });
}

test("a service that closes without an answer is a 502", async (t) => {
  const backend = await service(t, (_request, peer) => void peer.socket.end());
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const message = await gateway.get("/");
  assert.match(message.line, /502/);
  assert.equal(JSON.parse(message.body).code, "service.broken");
});

test("a service that cannot be connected to is a 503 with its error and circuit", async (t) => {
  const gateway = await stage(t, {
    services: { backend: { targets: [await refusedUrl(), await refusedUrl()] } },
  });
  const message = await gateway.get("/");
  assert.match(message.line, /503/);
  const { error, circuit, code } = JSON.parse(message.body);
  assert.deepEqual(
    { error, circuit, code },
    { error: "Backend service unavailable", circuit: "closed", code: "service.unreachable" },
  );
});
