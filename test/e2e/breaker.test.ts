/** The circuit breaker as clients and services see it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage, type Stage } from "./harness.ts";
import { eventually, refusedUrl, type RawPeer, type RawService } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const status = (code: number): string => `HTTP/1.1 ${code} x\r\ncontent-length: 0\r\n\r\n`;

/** A peer that hears of nothing. */
const silent = { connected() {}, received() {}, ended() {}, blocked() {}, drained() {}, closed() {} };

async function assertOpen(gateway: Stage, retryAfter = "30"): Promise<void> {
  const message = await gateway.get("/");
  assert.match(message.line, /503/);
  assert.equal(message.headers.get("retry-after"), retryAfter);
  const { error, circuit, code } = JSON.parse(message.body);
  assert.deepEqual(
    { error, circuit, code },
    { error: "Backend service unavailable", circuit: "open", code: "service.circuit_open" },
  );
}

for (const code of [500, 502, 503, 504]) {
  test(`five answers of ${code} open the circuit, and the service is left alone`, async (t) => {
    const backend = await service(t, (_request, peer) => void peer.write(status(code)));
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
    for (let i = 0; i < 5; i++) assert.match((await gateway.get("/")).line, new RegExp(String(code)));
    await assertOpen(gateway);
    assert.equal(backend.requests, 5);
    assert.deepEqual(gateway.host.log.lines, [
      {
        level: "warn",
        fields: { service: "backend", from: "closed", to: "open" },
        message: "circuit of service backend is open",
      },
    ]);
    gateway.clock.advance(29_001);
    await assertOpen(gateway, "1");
    assert.equal(backend.requests, 5);
  });
}

test("five connections that are refused open the circuit", async (t) => {
  const gateway = await stage(t, { services: { backend: { targets: [await refusedUrl()] } } });
  for (let i = 0; i < 5; i++)
    assert.equal(JSON.parse((await gateway.get("/")).body).code, "service.unreachable");
  await assertOpen(gateway);
});

for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL"]) {
  test(`a gateway that has no socket left (${code}) does not blame the service`, async (t) => {
    const gateway = await stage(t, { services: { backend: { targets: [await refusedUrl()] } } });
    const { network } = gateway.host;
    const connect = network.connect.bind(network);
    network.connect = (address, peer) => {
      const closed = (): void => peer.closed(Object.assign(new Error(code), { code }));
      return connect(address, { ...silent, closed });
    };
    for (let i = 0; i < 6; i++) {
      const message = await gateway.get("/");
      assert.match(message.line, /503/);
      const { code: refusal, circuit } = JSON.parse(message.body);
      assert.deepEqual({ refusal, circuit }, { refusal: "service.no_socket", circuit: "closed" });
    }
  });
}

test("five answers that do not come in time open the circuit, each a 504", async (t) => {
  const backend = await service(t, () => {});
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  for (let i = 1; i <= 5; i++) {
    const client = await gateway.client();
    client.write(GET);
    await eventually(() => backend.requests === i, "the request");
    gateway.clock.advance(29_900);
    assert.equal(client.received, "");
    gateway.clock.advance(200);
    const message = await client.takeMessage();
    assert.match(message.line, /504/);
    assert.equal(JSON.parse(message.body).circuit, i === 5 ? "open" : "closed");
  }
  await assertOpen(gateway);
});

test("a success in between, 4xx and other 5xx do not open it", async (t) => {
  const codes = [500, 500, 500, 500, 200, 500, 500, 500, 500, 404, 501, 429, 400, 403, 505, 404, 500, 500];
  let i = 0;
  const backend = await service(t, (_request, peer) => void peer.write(status(codes[i++]!)));
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  for (const code of codes) assert.match((await gateway.get("/")).line, new RegExp(String(code)));
});

test("after its time exactly one probe passes, however many ask; its success closes the circuit", async (t) => {
  const { gateway, backend } = await opened(t);
  gateway.clock.advance(30_000);
  const clients = await Promise.all(Array.from({ length: 20 }, () => gateway.client()));
  for (const client of clients) client.write(GET);
  const probe = await next(backend);
  const answered = (): RawPeer[] => clients.filter((client) => client.received !== "");
  await eventually(() => answered().length === 19, "19 refusals");
  const refused = answered();
  for (const client of refused) {
    const message = await client.takeMessage();
    assert.match(message.line, /503/);
    assert.equal(JSON.parse(message.body).circuit, "half-open");
    assert.equal(message.headers.get("retry-after"), "1");
  }
  probe.write(OK);
  await clients.find((client) => !refused.includes(client))!.takeMessage();
  const client = await gateway.client();
  client.write(GET);
  await probe.takeMessage();
  probe.write(OK);
  assert.match((await client.takeMessage()).line, /200/);
});

test("a probe that fails opens the circuit again", async (t) => {
  const { gateway, backend } = await opened(t);
  gateway.clock.advance(30_000);
  const client = await gateway.client();
  client.write(GET);
  (await next(backend)).write(status(500));
  assert.match((await client.takeMessage()).line, /500/);
  const message = await gateway.get("/");
  const seconds = Number(message.headers.get("retry-after"));
  assert.ok(seconds >= 30 && seconds <= 33, `${seconds} s`);
});

test("a probe whose client goes away leaves its place to the next", async (t) => {
  const { gateway, backend } = await opened(t);
  gateway.clock.advance(30_000);
  const gone = await gateway.client();
  gone.write(GET);
  await next(backend);
  gone.destroy();
  await gateway.finished(6);
  const client = await gateway.client();
  client.write(GET);
  (await next(backend)).write(OK);
  assert.match((await client.takeMessage()).line, /200/);
});

test("results from before the circuit opened count for nothing", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], circuitBreaker: { consecutiveFailures: 2 } } },
  });
  const late: { client: RawPeer; peer: RawPeer }[] = [];
  for (let i = 0; i < 4; i++) {
    const client = await gateway.client();
    client.write(GET);
    late.push({ client, peer: await next(backend) });
  }
  for (const { client, peer } of late.slice(0, 2)) {
    peer.write(status(500));
    await client.takeMessage();
  }
  await assertOpen(gateway);
  late[2]!.peer.write(OK);
  await late[2]!.client.takeMessage();
  await assertOpen(gateway);
  gateway.clock.advance(29_000);
  late[3]!.peer.destroy();
  assert.match((await late[3]!.client.takeMessage()).line, /502/);
  gateway.clock.advance(1000);
  const probe = await gateway.client();
  probe.write(GET);
  await eventually(() => backend.connections.some((peer) => peer.received.startsWith("GET")), "the probe");
});

test("an event stream is a success once its head is there", async (t) => {
  const { gateway, backend } = await opened(t);
  gateway.clock.advance(30_000);
  const client = await gateway.client();
  client.write(GET);
  const peer = await next(backend);
  peer.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
  await client.take("\r\n\r\n");
  backend.answer = (_request, other) => void other.write(OK);
  assert.match((await gateway.get("/")).line, /200/);
  peer.write("5\r\ndata:\r\n");
  await client.take("data:");
});

/** A gateway whose circuit is open. */
async function opened(t: Parameters<typeof stage>[0]): Promise<{ gateway: Stage; backend: RawService }> {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  for (let i = 0; i < 5; i++) {
    const client = await gateway.client();
    client.write(GET);
    const peer = await next(backend);
    peer.write("HTTP/1.1 500 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    await client.takeMessage();
  }
  await assertOpen(gateway);
  return { gateway, backend };
}

/** The next request to the service, read, on a connection of its own. */
async function next(backend: RawService): Promise<RawPeer> {
  const peer = await backend.accept();
  await peer.takeMessage();
  return peer;
}

test("a kept connection that has gone stale says nothing of the service, a new one that breaks does", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], circuitBreaker: { consecutiveFailures: 1 } } },
  });
  const client = await gateway.client();
  const post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx";
  client.write(GET);
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write(OK);
  await client.takeMessage();
  for (const circuit of ["closed", "open"]) {
    client.write(post);
    const asked = circuit === "closed" ? peer : await backend.accept();
    await asked.takeMessage();
    asked.destroy();
    const message = await client.takeMessage();
    assert.match(message.line, /502/);
    assert.equal(JSON.parse(message.body).circuit, circuit);
  }
});
