/** Answers that come before the request has been read: refusals, services that do not wait, and what then becomes of the body. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, OK, service, stage } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const REFUSING = {
  routes: [
    {
      path: "/refused",
      policies: { jwt: { secret: "a".repeat(32), algorithms: ["HS256" as const] } },
      service: "backend",
    },
    { path: "/*", service: "backend" },
  ],
};
const NEXT = "GET /next HTTP/1.1\r\nhost: a\r\n\r\n";

test("100 Continue is sent once a service takes the body, and only then", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, ...REFUSING });
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n");
  assert.equal(await client.take("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  const peer = await backend.accept();
  const head = await peer.take("\r\n\r\n");
  assert.doesNotMatch(head, /^expect:/m);
  client.write("hello");
  assert.equal(await peer.takeBytes(5), "hello");
  peer.write(OK);
  assert.equal((await client.takeMessage()).body, "ok");
});

test("a policy that refuses spares the client its body: no 100, and no other request on that connection", async (t) => {
  const backend = await answering(t, OK);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, ...REFUSING });
  const client = await gateway.client();
  client.write("POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n");
  const message = await client.takeMessage();
  assert.match(message.line, /401/);
  assert.equal(message.headers.get("connection"), "close");
  // Whether these are a body or a request, nobody can say: they are neither.
  client.write(NEXT);
  assert.equal(await client.ended(), "end");
  assert.equal(backend.requests, 0);
});

test("a refused request's small body is read away, and the connection serves on", async (t) => {
  const backend = await answering(t, OK);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, ...REFUSING });
  const client = await gateway.client();
  client.write("POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 26\r\n\r\n");
  assert.match((await client.takeMessage()).line, /401/);
  client.write(`GET /not-a-request-at-all!!!${NEXT}`.slice(0, 26) + NEXT);
  assert.equal((await client.takeMessage()).body, "ok");
  assert.equal(backend.requests, 1);
});

test("a refused request's large body is not waited for", async (t) => {
  const backend = await answering(t, OK);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, ...REFUSING });
  for (const framing of ["content-length: 70000", "transfer-encoding: chunked"]) {
    const client = await gateway.client();
    client.write(`POST /refused HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n`);
    const message = await client.takeMessage();
    assert.match(message.line, /401/);
    assert.equal(message.headers.get("connection"), "close");
    assert.equal(await client.ended(), "end");
  }
});

test("what is malformed behind the end of a connection is no request, and is not answered", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
  const peer = await backend.accept();
  await peer.take("1\r\na\r\n");
  peer.write(OK);
  assert.equal((await client.takeMessage()).body, "ok");
  const { network } = gateway.host;
  const until = network.read + 60_000;
  client.write(`fa00\r\n${"x".repeat(60_000)}`);
  await eventually(() => network.read >= until, "most of what may be left unread");
  // With these the bound is passed, and the connection ends; the rest of the same read is nobody's.
  const chunk = `2000\r\n${"x".repeat(0x2000)}\r\n`;
  client.write(`${"x".repeat(4000)}\r\n${chunk}${chunk}xyz\r\n`);
  assert.equal(await client.ended(), "end");
  assert.equal(client.received, "");
  assert.equal(gateway.done.length, 1);
});

const uploads: readonly [string, (bytes: number) => string][] = [
  ["content-length: 200000", (bytes) => "x".repeat(bytes)],
  ["transfer-encoding: chunked", (bytes) => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n0\r\n\r\n`],
];
for (const [framing, encode] of uploads) {
  for (const bytes of [199_900, 60_000]) {
    test(`a service that answers before it has read ${bytes} bytes (${framing})`, async (t) => {
      const backend = await service(t);
      const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
      const client = await gateway.client();
      const body = framing.startsWith("content") ? encode(200_000 - 100) : encode(bytes);
      client.write(`POST / HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n`);
      if (framing.startsWith("content")) client.write("x".repeat(100));
      const peer = await backend.accept();
      await peer.take("\r\n\r\n");
      peer.write(OK);
      assert.equal((await client.takeMessage()).body, "ok");
      client.write(body);
      client.write(NEXT);
      // The rest is read away, or the connection is closed; the gateway lives, and no byte of a body is a request.
      await eventually(
        () => client.fate !== "open" || backend.connections.length > 1,
        "an end or the next request",
      );
      const other = await gateway.client();
      other.write("GET /other HTTP/1.1\r\nhost: a\r\n\r\n");
      let next = await (await backend.accept()).take("\r\n");
      if (next.startsWith("GET /next")) next = await (await backend.accept()).take("\r\n");
      assert.equal(next, "GET /other HTTP/1.1\r\n");
      client.destroy();
      other.destroy();
    });
  }
}

test("a body that grows past its limit is refused, and the service does not take it for a whole one", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    limits: { body: "10b" },
  });
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n");
  const peer = await backend.accept();
  await peer.take("0123456789\r\n");
  client.write("1\r\n!\r\n0\r\n\r\n");
  const message = await client.takeMessage();
  assert.match(message.line, /413/);
  assert.equal(JSON.parse(message.body).code, "http.body_too_large");
  assert.equal(await client.ended(), "end");
  await peer.ended();
  assert.equal(peer.received, "");
});

test("a body of exactly the limit passes, by length and by counting", async (t) => {
  const backend = await answering(t, OK);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    limits: { body: "10b" },
    routes: [
      { path: "/*", service: "backend" },
      { path: "/more", service: "backend", limits: { body: "11b" } },
    ],
  });
  const cases: readonly [string, number, RegExp][] = [
    ["/", 10, /200/],
    ["/", 11, /413/],
    ["/more", 11, /200/],
    ["/more", 12, /413/],
  ];
  for (const [path, length, status] of cases) {
    const text = "x".repeat(length);
    const head = `POST ${path} HTTP/1.1\r\nhost: a\r\n`;
    const counted = await gateway.ask(
      `${head}transfer-encoding: chunked\r\n\r\n${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    );
    assert.match(counted.line, status, `${path} ${length} chunked`);
    const declared = await gateway.ask(`${head}content-length: ${length}\r\n\r\n${text}`);
    assert.match(declared.line, status, `${path} ${length} declared`);
  }
});

test("an encoder that is still at work does not end with the client's connection when the body goes on", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    policies: { compress: {} },
  });
  const client = await gateway.client();
  client.write(
    "POST / HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
  );
  const peer = await backend.accept();
  await peer.take("1\r\nx\r\n");
  // The answer is compressed on another thread while the client sends more than is read away.
  client.write(`13880\r\n${"x".repeat(80_000)}\r\n`);
  await peer.takeBytes(80_000);
  const text = Array.from({ length: 200_000 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join("");
  peer.write(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  await client.take("\r\n\r\n");
  client.write(`13880\r\n${"y".repeat(80_000)}\r\n`);
  await client.take("\r\n0\r\n\r\n");
});
