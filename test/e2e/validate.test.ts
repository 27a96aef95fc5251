/** What was checked is what the service gets, byte for byte; what was refused never reaches it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createGateway } from "../../src/index.ts";
import { OK, service, stage, type StageConfig } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const schema = {
  type: "object",
  properties: { name: { type: "string" }, padding: { type: "string" } },
  required: ["name"],
  additionalProperties: false,
};
const policies = {
  cors: {},
  validate: { body: { schema, maxSize: "1mb" } },
} satisfies StageConfig["policies"];
const TYPE = "content-type: application/json\r\n";
/** With blanks, escapes and bytes beyond ASCII: to read it and write it anew would change it. */
const BODY = ' { "name" :\t"\\u0041\xc3\xa4" , "padding": "\\/" }\r\n';

/** A body of about `length` bytes. */
function large(length: number): string {
  return `{"name":"a","padding":"${"0123456789".repeat(length / 10)}"}`;
}

function chunked(body: string, size: number, trailers = ""): string {
  let text = "";
  for (let i = 0; i < body.length; i += size) {
    const piece = body.slice(i, i + size);
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${text}0\r\n${trailers}\r\n`;
}

const deliveries: readonly [title: string, body: string, head: string, wire: string][] = [
  ["of known length", BODY, `content-length: ${BODY.length}\r\n`, BODY],
  ["in chunks", BODY, "transfer-encoding: chunked\r\n", chunked(BODY, 3)],
  ["in chunks with trailers", BODY, "transfer-encoding: chunked\r\n", chunked(BODY, 7, "x-trailer: 1\r\n")],
  ["of nearly a megabyte", large(900_000), `content-length: ${large(900_000).length}\r\n`, large(900_000)],
  [
    "of nearly a megabyte in chunks",
    large(900_000),
    "transfer-encoding: chunked\r\n",
    chunked(large(900_000), 1000),
  ],
];
for (const [title, body, head, wire] of deliveries) {
  test(`a body ${title} reaches the service as it is`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
    const client = await gateway.client();
    // Twice on one connection: nothing of the first is left for the second.
    for (let i = 0; i < 2; i++) {
      client.write(`POST /${i} HTTP/1.1\r\nhost: a\r\n${TYPE}${head}\r\n`).write(wire);
      const peer = i === 0 ? await backend.accept() : backend.connections.at(-1)!;
      const request = await peer.takeMessage();
      assert.equal(request.line, `POST /${i} HTTP/1.1`);
      assert.equal(request.headers.get("content-length"), String(body.length));
      assert.equal(request.headers.get("transfer-encoding"), undefined);
      assert.ok(request.body === body, "the bytes are others");
      peer.write(OK);
      assert.equal((await client.takeMessage()).line, "HTTP/1.1 200 OK");
    }
    client.destroy();
  });
}

const refusals: readonly [
  title: string,
  head: string,
  body: string,
  status: string,
  code: string,
  closes: boolean,
][] = [
  ["not valid", TYPE, '{"name":1}', "422 Unprocessable", "validate.body", false],
  ["malformed", TYPE, '{"name":"a","name":"b"}', "400 Bad Request", "validate.body_malformed", false],
  [
    "encoded",
    `${TYPE}content-encoding: gzip\r\n`,
    "xx",
    "415 Unsupported",
    "validate.content_encoding",
    false,
  ],
  [
    "of another type",
    "content-type: text/xml\r\n",
    "<a/>",
    "415 Unsupported",
    "validate.content_type",
    false,
  ],
  ["missing", "", "", "400 Bad Request", "validate.body_missing", false],
  ["too large", TYPE, large(1_100_000), "413 ", "validate.body_too_large", true],
];
for (const [title, head, body, status, code, closes] of refusals) {
  test(`a body that is ${title} is refused, and the service never sees it`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
    const client = await gateway.client();
    client
      .write(
        `POST / HTTP/1.1\r\nhost: a\r\norigin: https://page.test\r\n${head}content-length: ${body.length}\r\n\r\n`,
      )
      .write(body);
    const refused = await client.takeMessage();
    assert.ok(refused.line.startsWith(`HTTP/1.1 ${status}`), refused.line);
    assert.equal(refused.headers.get("access-control-allow-origin"), "*");
    assert.equal((JSON.parse(refused.body) as { code: string }).code, code);
    assert.ok(!refused.body.includes('"a"'));
    if (!closes) {
      // The connection is as good as before.
      client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}content-length: ${BODY.length}\r\n\r\n${BODY}`);
      const peer = await backend.accept();
      assert.equal((await peer.takeMessage()).body, BODY);
      peer.write(OK);
      assert.equal((await client.takeMessage()).line, "HTTP/1.1 200 OK");
    }
    client.destroy();
    assert.equal(backend.connections.length, closes ? 0 : 1);
  });
}

test("chunks beyond the size are refused before they have all come", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url] } },
    policies: { validate: { body: { schema, maxSize: "1kb" } } },
  });
  const client = await gateway.client();
  client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}transfer-encoding: chunked\r\n\r\n`);
  client.write(`400\r\n${"x".repeat(1024)}\r\n1\r\nx\r\n`);
  const refused = await client.takeMessage();
  assert.match(refused.line, /^HTTP\/1\.1 413 /);
  assert.equal(refused.headers.get("connection"), "close");
  client.destroy();
  assert.equal(backend.connections.length, 0);
});

test("who waits for 100 Continue is only told to go on when the head is right", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const wrong = await gateway.client();
  wrong.write("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n");
  assert.match((await wrong.takeMessage()).line, /^HTTP\/1\.1 415 /);
  wrong.destroy();
  const right = await gateway.client();
  right.write(
    `POST / HTTP/1.1\r\nhost: a\r\n${TYPE}expect: 100-continue\r\ncontent-length: ${BODY.length}\r\n\r\n`,
  );
  assert.equal(await right.take("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  assert.equal(backend.connections.length, 0);
  right.write(BODY);
  const peer = await backend.accept();
  assert.equal((await peer.takeMessage()).body, BODY);
  peer.write(OK);
  assert.equal((await right.takeMessage()).line, "HTTP/1.1 200 OK");
  right.destroy();
});

test("a client that goes away while its body is read leaves nothing behind", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const client = await gateway.client();
  client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}content-length: 100\r\n\r\n{"name"`);
  await eventually(() => gateway.host.exchanges === 1, "the request");
  client.destroy();
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, "client.aborted");
  assert.equal(backend.connections.length, 0);
});

test("a client that stops in the middle is refused after its time, once", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const client = await gateway.client();
  client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}content-length: 100\r\n\r\n{"name"`);
  await eventually(() => gateway.host.network.read > 80, "the beginning of the body");
  gateway.clock.advance(31_000);
  assert.equal((await client.takeMessage()).line, "HTTP/1.1 408 Request Timeout");
  client.destroy();
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, "http.request_timeout");
  assert.equal(backend.connections.length, 0);
});

test("requests that come together are answered in their order", async (t) => {
  const backend = await service(t, (request, peer) => {
    peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${request.body.length}\r\n\r\n${request.body}`);
  });
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const client = await gateway.client();
  const bodies = ['{"name":"1"}', '{"name":2}', '{"name":"3"}', "{}", '{"name":"5"}'];
  client.write(
    bodies
      .map((body) => `POST / HTTP/1.1\r\nhost: a\r\n${TYPE}content-length: ${body.length}\r\n\r\n${body}`)
      .join(""),
  );
  for (const [i, body] of bodies.entries()) {
    const answer = await client.takeMessage();
    if (i % 2 === 0) assert.equal(answer.body, body);
    else assert.match(answer.line, / 422 /);
  }
  client.destroy();
});

test("a broken chunk is answered once, as a fault of the protocol", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const client = await gateway.client();
  client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}transfer-encoding: chunked\r\n\r\n3\r\n{}x\r\nz\r\n`);
  assert.match((await client.takeMessage()).line, /^HTTP\/1\.1 400 /);
  await client.ended();
  client.destroy();
  const [x] = await gateway.finished(1);
  assert.ok(x!.code.startsWith("http."), x!.code);
});

test("a service that answers before it has taken the whole body is no trouble", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } }, policies });
  const client = await gateway.client();
  const body = large(1_000_000);
  client.write(`POST / HTTP/1.1\r\nhost: a\r\n${TYPE}content-length: ${body.length}\r\n\r\n`).write(body);
  const peer = await backend.accept();
  peer.socket.pause();
  peer.write(OK);
  assert.equal((await client.takeMessage()).line, "HTTP/1.1 200 OK");
  client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.match((await client.takeMessage()).line, /^HTTP\/1\.1 400 /);
  client.destroy();
});

test("a method that the path does not have is told as that", async (t) => {
  const gateway = await stage(t, {
    routes: [{ path: "/", method: "POST", policies, handler: { respond: { body: "ok" } } }],
  });
  assert.equal((await gateway.get("/")).line, "HTTP/1.1 405 Method Not Allowed");
  const empty = await gateway.ask("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
  assert.equal((JSON.parse(empty.body) as { code: string }).code, "validate.body_missing");
});

test("calls in the same process and functions that answer get the same", async () => {
  const gateway = createGateway({
    log: { level: "silent" },
    routes: [
      {
        path: "/*",
        policies: { validate: { body: { schema, required: false } } },
        handler: {
          fetch: async (request) =>
            new Response(await request.arrayBuffer(), {
              headers: { "x-length": request.headers.get("content-length") ?? "none" },
            }),
        },
      },
    ],
  });
  const body = Buffer.from(BODY, "latin1");
  const headers = { "content-type": "application/json" };
  const ask = (init: RequestInit) => gateway.inject(new Request("http://a/", init));

  const answer = await ask({ method: "POST", headers, body });
  assert.equal(answer.headers.get("x-length"), String(body.length));
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), body);

  const refused = await ask({
    method: "POST",
    headers,
    body: '{"name":"secret","password":"secret","name2":7}',
  });
  assert.equal(refused.status, 422);
  const problem = (await refused.json()) as { code: string; errors: unknown };
  assert.equal(problem.code, "validate.body");
  assert.deepEqual(problem.errors, [
    { pointer: "", detail: "must NOT have additional properties" },
    { pointer: "", detail: "must NOT have additional properties" },
  ]);
  assert.equal((await ask({})).status, 200);
  await gateway.close();
});
