/** Connections to services: kept, reused, bounded, queued for, given up; and which of several targets is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { answering, OK, service, stage, type Stage } from "./harness.ts";
import { eventually, refusedUrl, type RawPeer, type RawService } from "./raw-peer.ts";

const request = (method: string, path = "/"): string => `${method} ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

/** Sends requests on connections of their own, and answers them together: as many connections to the service are kept. */
async function keepOpen(gateway: Stage, backend: RawService, count: number): Promise<RawPeer[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => gateway.client()));
  const peers: RawPeer[] = [];
  for (const client of clients) {
    client.write(request("GET"));
    const peer = await backend.accept();
    await peer.takeMessage();
    peers.push(peer);
  }
  for (const [i, peer] of peers.entries()) {
    peer.write(OK);
    await clients[i]!.takeMessage();
  }
  return peers;
}

test("of the connections that are kept, the newest is used first", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const peers = await keepOpen(gateway, backend, 3);
  const client = await gateway.client();
  for (let round = 0; round < 3; round++) {
    client.write(request("GET", `/${round}`));
    assert.equal((await peers[2]!.takeMessage()).line, `GET /${round} HTTP/1.1`);
    peers[2]!.write(OK);
    await client.takeMessage();
  }
  assert.equal(backend.connections.length, 3);
});

for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) {
  test(`a connection that a ${method} with a body went over is not used again`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
    const client = await gateway.client();
    client.write(`${method} /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello`);
    const peer = await backend.accept();
    assert.equal((await peer.takeMessage()).body, "hello");
    peer.write("HTTP/1.1 204 No Content\r\n\r\n");
    await client.takeMessage();
    await peer.ended();
    client.write(request("GET", "/2"));
    const other = await backend.accept();
    assert.equal((await other.takeMessage()).line, "GET /2 HTTP/1.1");
    other.write(OK);
    await client.takeMessage();
  });
}

test("a connection that is not used is closed after its time, and no sooner", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { idleTimeout: "30s" } } },
  });
  const [peer] = await keepOpen(gateway, backend, 1);
  gateway.clock.advance(29_900);
  assert.equal(gateway.host.network.opened, 1);
  gateway.clock.advance(200);
  await peer!.ended();
});

test("no more connections than may be are opened; who waits for one is served in order, and not for ever", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: {
      backend: {
        targets: [backend.url],
        circuitBreaker: { consecutiveFailures: 1 },
        pool: { maxConnections: 1, maxQueued: 2, queueTimeout: "5s" },
      },
    },
  });
  const ask = async (path: string): Promise<RawPeer> => {
    const client = await gateway.client();
    client.write(request("GET", path));
    await eventually(() => gateway.host.exchanges === gateway.clients.length, path);
    return client;
  };
  const first = await ask("/1");
  const peer = await backend.accept();
  await peer.takeMessage();
  const second = await ask("/2");
  const third = await ask("/3");
  const fourth = await ask("/4");
  const refusal = await fourth.takeMessage();
  assert.match(refusal.line, /503/);
  assert.equal(JSON.parse(refusal.body).code, "service.busy");
  peer.write(OK);
  await first.takeMessage();
  assert.equal((await peer.takeMessage()).line, "GET /2 HTTP/1.1");
  gateway.clock.advance(4800);
  assert.equal(third.received, "");
  gateway.clock.advance(300);
  assert.equal(JSON.parse((await third.takeMessage()).body).code, "service.busy");
  peer.write(OK);
  await second.takeMessage();
  assert.equal(backend.connections.length, 1);
  // None of it was the service's fault.
  const after = await ask("/5");
  assert.equal((await peer.takeMessage()).line, "GET /5 HTTP/1.1");
  peer.write(OK);
  await after.takeMessage();
});

test("a request whose client has gone gives up its place in the queue", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 1, maxQueued: 1 } } },
  });
  const first = await gateway.client();
  first.write(request("GET", "/1"));
  const peer = await backend.accept();
  await peer.takeMessage();
  const gone = await gateway.client();
  gone.write(request("GET", "/gone"));
  await eventually(() => gateway.host.exchanges === 2, "the second request");
  gone.destroy();
  await gateway.finished(1);
  const last = await gateway.client();
  last.write(request("GET", "/last"));
  await eventually(() => gateway.host.exchanges === 3, "the third request");
  peer.write(OK);
  assert.equal((await peer.takeMessage()).line, "GET /last HTTP/1.1");
  peer.write(OK);
  await last.takeMessage();
});

test("when a connection is lost, who waits for one gets another", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 1 } } },
  });
  const first = await gateway.client();
  first.write(request("POST"));
  const peer = await backend.accept();
  await peer.takeMessage();
  const second = await gateway.client();
  second.write(request("GET"));
  await eventually(() => gateway.host.exchanges === 2, "the second request");
  peer.destroy();
  assert.match((await first.takeMessage()).line, /502/);
  const next = await backend.accept();
  await next.takeMessage();
  next.write(OK);
  assert.match((await second.takeMessage()).line, /200/);
});

const surplus: readonly [string, string, string][] = [
  [
    "with the answer",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
    "ok",
  ],
  ["after a close", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", "ok"],
  ["after a 204 that states a body", "HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\n", ""],
  ["after a 204 that states chunks", "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n", ""],
];
for (const [name, answer, body] of surplus) {
  test(`a connection is not used again: ${name}`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
    const client = await gateway.client();
    for (let round = 0; round < 2; round++) {
      client.write(request("GET"));
      const peer = await backend.accept();
      await peer.takeMessage();
      peer.write(answer);
      assert.equal((await client.takeMessage()).body, body);
      await peer.ended();
    }
    assert.equal(client.received, "");
  });
}

test("bytes on a connection that nobody asked for are never anybody's answer", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const [peer] = await keepOpen(gateway, backend, 1);
  peer!.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
  await peer!.ended();
  await eventually(() => gateway.host.network.opened === 0, "the connection is closed");
});

for (const method of ["GET", "POST"]) {
  for (const [name, last] of [
    ["an answer", (peer: RawPeer) => void peer.write("HTTP/1.1 408 Slow\r\ncontent-length: 4\r\n\r\nevil")],
    ["its end", (peer: RawPeer) => void peer.socket.end()],
    ["a reset", (peer: RawPeer) => void peer.socket.resetAndDestroy()],
  ] as const) {
    test(`what comes before a request has left is not about it: ${name}, and a ${method}`, async (t) => {
      const backend = await service(t);
      const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
      const [peer] = await keepOpen(gateway, backend, 1);
      const client = gateway.clients[0]!;
      // Both are there when the gateway reads next: it takes the request first, and writes after having read all.
      client.write(request(method, "/late"));
      last(peer!);
      const next = await backend.accept();
      assert.equal((await next.takeMessage()).line, `${method} /late HTTP/1.1`);
      next.write(OK);
      assert.equal((await client.takeMessage()).body, "ok");
      assert.equal(peer!.received, "", "the request has not been sent twice");
    });
  }
}

for (const method of ["GET", "POST"]) {
  test(`a connection that has gone stale costs a ${method} ${method === "GET" ? "nothing" : "a 502"}`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
    const [peer] = await keepOpen(gateway, backend, 1);
    const client = await gateway.client();
    client.write(request(method, "/again"));
    // It was read, and the service closes without an answer: as if it had closed just before.
    await peer!.takeMessage();
    peer!.destroy();
    if (method === "GET") {
      const next = await backend.accept();
      assert.equal((await next.takeMessage()).line, "GET /again HTTP/1.1");
      next.write(OK);
      assert.equal((await client.takeMessage()).body, "ok");
    } else assert.match((await client.takeMessage()).line, /502/);
    assert.equal(backend.connections.length, method === "GET" ? 2 : 1);
  });
}

test("a request is sent again once, and only where nothing of an answer has come", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const [peer] = await keepOpen(gateway, backend, 1);
  const client = await gateway.client();
  client.write(request("GET"));
  await peer!.takeMessage();
  peer!.destroy();
  const second = await backend.accept();
  await second.takeMessage();
  second.destroy();
  assert.match((await client.takeMessage()).line, /502/);
  const [kept] = await keepOpen(gateway, backend, 1);
  client.write(request("GET"));
  await kept!.takeMessage();
  kept!.write("HTTP/1.1 ");
  kept!.socket.end();
  assert.match((await client.takeMessage()).line, /502/);
  assert.equal(backend.connections.length, 3);
});

test("several targets are asked in turn", async (t) => {
  const backends = await Promise.all(Array.from({ length: 3 }, () => answering(t, OK)));
  const gateway = await stage(t, { services: { backend: { targets: backends.map(({ url }) => url) } } });
  for (let i = 0; i < 9; i++) await gateway.get("/");
  assert.deepEqual(
    backends.map(({ requests }) => requests),
    [3, 3, 3],
  );
});

test("a target that refuses connections is passed over, and its requests lose nothing", async (t) => {
  const backend = await answering(t, OK);
  const gateway = await stage(t, { services: { backend: { targets: [await refusedUrl(), backend.url] } } });
  for (let i = 0; i < 4; i++)
    assert.match((await gateway.ask("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx")).line, /200/);
  assert.equal(backend.requests, 4);
  assert.equal(gateway.done[0]!.target, `127.0.0.1:${backend.port}`);
});

test("an answer that ends while its client is slow leaves its connection fit for use", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.socket.pause();
  const body = "x".repeat(20_000);
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  client.write(request("GET"));
  const peer = await backend.accept();
  let asked = 1;
  for (;;) {
    await peer.takeMessage();
    peer.write(answer);
    await gateway.finished(asked);
    await nextTurn();
    if (gateway.host.network.waiting > 0) break;
    client.write(request("GET"));
    asked++;
  }
  // The last answer was whole when the client could take no more.
  client.socket.resume();
  for (; asked > 0; asked--) assert.equal((await client.takeMessage()).body.length, body.length);
  client.write(request("GET", "/next"));
  assert.equal((await peer.takeMessage()).line, "GET /next HTTP/1.1");
  peer.write(OK);
  await client.takeMessage();
});

test("a request that is sent again, and has to wait, gets a connection that was never used", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 1 } } },
  });
  const [first, second] = [await gateway.client(), await gateway.client()];
  first.write(request("GET"));
  const kept = await backend.accept();
  await kept.takeMessage();
  kept.write(OK);
  await first.takeMessage();
  first.write(request("GET"));
  await kept.takeMessage();
  second.write(request("GET"));
  await eventually(() => gateway.host.exchanges === 3, "the second client's request waits");
  kept.destroy();
  const next = await backend.accept();
  await next.takeMessage();
  next.write(OK);
  assert.equal((await second.takeMessage()).body, "ok");
  const fresh = await backend.accept();
  await fresh.takeMessage();
  fresh.write(OK);
  assert.equal((await first.takeMessage()).body, "ok");
});
