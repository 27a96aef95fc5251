/** How messages are framed, both ways: what a client sends is what a service gets, and the other way round. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, OK, service, stage } from "./harness.ts";
import { refusedUrl, type RawMessage } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

test("a body with its length arrives with that length", async (t) => {
  const backend = await service(t);
  const { client } = await open(t, backend.url);
  client.write("POST /p HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n\r\nhello");
  const peer = await backend.accept();
  const request = await peer.takeMessage();
  assert.equal(request.line, "POST /p HTTP/1.1");
  assert.equal(request.headers.get("content-length"), "5");
  assert.equal(request.headers.has("transfer-encoding"), false);
  assert.equal(request.headers.get("host"), `127.0.0.1:${backend.port}`);
  assert.equal(request.headers.get("x-forwarded-host"), "shop.example");
  assert.equal(request.body, "hello");
  peer.write(OK);
  assert.equal((await client.takeMessage()).body, "ok");
});

test("a chunked body is passed on chunk by chunk, with its trailers", async (t) => {
  const backend = await service(t);
  const { client } = await open(t, backend.url);
  client.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const peer = await backend.accept();
  const head = await peer.take("\r\n\r\n");
  assert.match(head, /^transfer-encoding: chunked\r$/m);
  assert.equal(await peer.take("3\r\nabc\r\n"), "3\r\nabc\r\n");
  client.write("2\r\nde\r\n0\r\nX-Sum: 7\r\ncontent-type: evil/evil\r\n\r\n");
  assert.equal(await peer.take("\r\n\r\n"), "2\r\nde\r\n0\r\nx-sum: 7\r\n\r\n");
  peer.write(OK);
  await client.takeMessage();
});

test("trailers cannot say who is calling", async (t) => {
  const backend = await service(t);
  const secret = "a".repeat(32);
  const jwt = { secret, algorithms: ["HS256" as const], claimsToHeaders: { sub: "x-user-id" } };
  const { client } = await open(t, backend.url, {
    routes: [
      { path: "/open", service: "backend" },
      { prefix: "/closed", policies: { jwt }, routes: [{ path: "/*", service: "backend" }] },
    ],
  });
  client.write(
    "POST /open HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-user-id: admin\r\nx-sum: 7\r\n\r\n",
  );
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  assert.equal(await peer.take("\r\n\r\n"), "0\r\nx-sum: 7\r\n\r\n");
  peer.write(OK);
  await client.takeMessage();
});

const answers: readonly {
  readonly name: string;
  readonly answer: string;
  readonly body: string;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly trailers?: string;
  readonly ends?: boolean;
  /** How many the service saw for two requests. */
  readonly connections?: number;
}[] = [
  {
    name: "with its length",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    body: "abc",
    fields: { "content-length": "3", "transfer-encoding": undefined },
  },
  {
    name: "empty",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    body: "",
    fields: { "content-length": "0" },
  },
  {
    name: "chunked, with trailers",
    answer:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 7\r\n\r\n",
    body: "abcd",
    fields: { "transfer-encoding": "chunked", "content-length": undefined },
    trailers: "x-sum: 7\r\n",
  },
  {
    name: "delimited by the end of the connection",
    answer: "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but whole",
    body: "old but whole",
    fields: { "transfer-encoding": "chunked", "content-type": "text/plain" },
    ends: true,
  },
  {
    name: "204, whatever length it claims",
    answer: "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    body: "",
    fields: { "content-length": undefined, "transfer-encoding": undefined },
    connections: 2,
  },
  {
    name: "304 with the length of what it stands for",
    answer: 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 9\r\n\r\n',
    body: "",
    fields: { "content-length": "9", etag: '"1"' },
  },
];

for (const {
  name,
  answer,
  body,
  fields,
  trailers = "",
  ends = false,
  connections = ends ? 2 : 1,
} of answers) {
  test(`an answer ${name}, and the connection serves on`, async (t) => {
    const backend = await service(t, (_request, peer) => {
      peer.write(answer);
      if (ends) peer.socket.end();
    });
    const { client } = await open(t, backend.url);
    for (let round = 0; round < 2; round++) {
      client.write(GET);
      const message = await client.takeMessage();
      assert.equal(message.body, body);
      assert.equal(message.trailers, trailers);
      for (const [field, value] of Object.entries(fields))
        assert.equal(message.headers.get(field), value, field);
      assert.equal(message.headers.get("via"), "1.1 portcullis");
    }
    assert.equal(client.received, "");
    assert.equal(backend.connections.length, connections);
  });
}

for (const framing of ["content-length: 7", "transfer-encoding: chunked", "x-none: 1"]) {
  test(`HEAD has no body, even when its head says ${framing}`, async (t) => {
    const backend = await service(t, (request, peer) =>
      peer.write(request.line.startsWith("HEAD") ? `HTTP/1.1 200 OK\r\n${framing}\r\n\r\n` : OK),
    );
    const { client } = await open(t, backend.url);
    client.write(`HEAD / HTTP/1.1\r\nhost: a\r\n\r\n${GET}`);
    const head = await client.takeMessage(true);
    assert.equal(head.headers.get("content-length"), framing.startsWith("content") ? "7" : undefined);
    assert.equal((await client.takeMessage()).body, "ok");
  });
}

test("103 goes on to the client, 100 does not", async (t) => {
  const backend = await answering(
    t,
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${OK}`,
  );
  const { client } = await open(t, backend.url);
  client.write(GET);
  assert.equal(await client.take("\r\n\r\n"), "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n");
  assert.match((await client.takeMessage()).line, /200/);
});

test("a client of HTTP/1.0 gets no interim response, no chunks, and the end of the connection", async (t) => {
  const backend = await answering(
    t,
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  const { client } = await open(t, backend.url);
  client.write("GET / HTTP/1.0\r\n\r\n");
  const message = await client.takeMessage();
  assert.match(message.line, /^HTTP\/1\.1 200/);
  assert.equal(message.headers.get("connection"), "close");
  assert.equal(message.headers.has("transfer-encoding"), false);
  assert.equal(message.body, "abc");
  assert.equal(await client.ended(), "end");
});

test("a client of HTTP/1.0 may keep its connection where lengths are known", async (t) => {
  const backend = await answering(t, OK);
  const { client } = await open(t, backend.url);
  for (let round = 0; round < 2; round++) {
    client.write("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    const message = await client.takeMessage();
    assert.equal(message.headers.get("connection"), "keep-alive");
    assert.equal(message.body, "ok");
  }
});

test("a client that asks for the end of the connection gets it, after its answer", async (t) => {
  const backend = await answering(t, OK);
  const { client } = await open(t, backend.url);
  client.write(`GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n${GET}`);
  const message = await client.takeMessage();
  assert.equal(message.headers.get("connection"), "close");
  assert.equal(await client.ended(), "end");
  assert.equal(client.received, "");
  assert.equal(backend.requests, 1);
});

const queries = ["?", "", "?a=1&a=2", "?a=%7E%zz", "?q=a+b%20c&&=", "??//../;x", "?a=/%2f%00"];
for (const query of queries) {
  test(`the query ${JSON.stringify(query)} goes on byte for byte`, async (t) => {
    const backend = await service(t);
    const { client } = await open(t, backend.url);
    client.write(`GET /x${query} HTTP/1.1\r\nhost: a\r\n\r\n`);
    const peer = await backend.accept();
    assert.equal((await peer.takeMessage()).line, `GET /x${query} HTTP/1.1`);
    peer.write(OK);
    await client.takeMessage();
  });
}

test("a request without a body says so where one could be expected", async (t) => {
  const lines: RawMessage[] = [];
  const backend = await service(t, (request, peer) => {
    lines.push(request);
    peer.write(OK);
  });
  const { client } = await open(t, backend.url);
  for (const method of ["POST", "PUT", "GET", "DELETE"]) {
    client.write(`${method} / HTTP/1.1\r\nhost: a\r\n\r\n`);
    await client.takeMessage();
  }
  assert.deepEqual(
    lines.map(({ headers }) => headers.get("content-length")),
    ["0", "0", undefined, undefined],
  );
});

async function open(
  t: Parameters<typeof stage>[0],
  url: string,
  config: Parameters<typeof stage>[1] = {},
): Promise<{ client: Awaited<ReturnType<Awaited<ReturnType<typeof stage>>["client"]>> }> {
  const gateway = await stage(t, { services: { backend: { targets: [url] } }, ...config });
  return { client: await gateway.client() };
}

for (const line of ["TRACE / HTTP/1.1", "CONNECT a:443 HTTP/1.1"]) {
  test(`${line} is refused with the methods that there are`, async (t) => {
    const gateway = await stage(t, { services: { backend: { targets: [await refusedUrl()] } } });
    const message = await gateway.ask(`${line}\r\nhost: a\r\n\r\n`);
    assert.match(message.line, /405/);
    assert.equal(message.headers.get("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assert.equal(message.headers.get("connection"), "close");
  });
}

test("a last request's body that takes many turns arrives whole", async (t) => {
  const backend = await service(t, (request, peer) => {
    assert.equal(request.body, "x".repeat(3000));
    peer.write(OK);
  });
  const { client } = await open(t, backend.url);
  const chunks = `${"1\r\nx\r\n".repeat(3000)}0\r\n\r\n`;
  client.write(
    `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`,
  );
  assert.equal((await client.takeMessage()).body, "ok");
});
