/** What else a client of the shop sees: large answers, streams, HEAD, preflights, and the fields that trace a request. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders, RequestListener } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { suite, test } from "node:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { SimulatedClock } from "../../src/simulation/simulated-host.ts";
import { ask, bearer, fetchToken, openShop } from "./shop.ts";

const bounded = { timeout: 30_000 };
const large = JSON.stringify({ users: Array.from({ length: 5000 }, (_, id) => ({ id, name: "Alice" })) });
const fail: RequestListener = (_request, response) => response.writeHead(500).end();
const answerLarge: RequestListener = (_request, response) => {
  response.setHeader("content-type", "application/json");
  response.setHeader("etag", '"large"');
  response.end(large);
};

suite("compression", bounded, () => {
  const cases = [
    { accept: "gzip", coding: "gzip", decode: gunzipSync },
    { accept: "br", coding: "br", decode: brotliDecompressSync },
    { accept: "zstd", coding: "zstd", decode: zstdDecompressSync },
    { accept: "gzip;q=0.5, br;q=0.9", coding: "br", decode: brotliDecompressSync },
    { accept: "identity", coding: null, decode: undefined },
    { accept: "gzip;q=0", coding: null, decode: undefined },
  ] as const;
  for (const { accept, coding, decode } of cases) {
    test(`a large answer for a client that accepts ${accept}`, async (t) => {
      const shop = await openShop(t, { services: { users: answerLarge } });
      const authorization = `Bearer ${await fetchToken(shop.url)}`;
      const [head, body] = await sendRaw(shop.port, [
        "GET /api/v1/users HTTP/1.0",
        `Authorization: ${authorization}`,
        `Accept-Encoding: ${accept}`,
      ]);
      assert.equal(field(head, "content-encoding"), coding);
      assert.match(field(head, "vary") ?? "", /accept-encoding/i);
      assert.equal(decode === undefined ? body.toString() : decode(body).toString(), large);
      assert.equal(field(head, "etag"), coding === null ? '"large"' : 'W/"large"');
      if (coding !== null) assert.ok(body.length < large.length / 5);
    });
  }

  test("a small one stays as it is", async (t) => {
    const shop = await openShop(t);
    const lines = [
      "GET /api/v1/users HTTP/1.1",
      `Authorization: Bearer ${await fetchToken(shop.url)}`,
      "Accept-Encoding: gzip",
      "Connection: close",
    ];
    const [head, body] = await sendRaw(shop.port, lines);
    assert.equal(field(head, "content-encoding"), null);
    assert.equal(field(head, "content-length"), String(body.length));
  });
});

test(
  "a stream arrives as it is sent, and a service that breaks off is seen as a truncation",
  bounded,
  async (t) => {
    let goOn: (() => void) | undefined;
    const users: RequestListener = (_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.write("first");
      goOn = () => {
        response.write("second");
        goOn = () => response.destroy();
      };
    };
    const shop = await openShop(t, { services: { users } });
    const response = await fetch(`${shop.url}/api/v1/users`, { headers: bearer(await fetchToken(shop.url)) });
    const reader = response.body!.getReader();
    const read = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
    assert.equal(await read(), "first");
    goOn!();
    assert.equal(await read(), "second");
    goOn!();
    await assert.rejects(read());
  },
);

test("HEAD is answered as GET is, without the body", bounded, async (t) => {
  const shop = await openShop(t);
  const authorization = `Authorization: Bearer ${await fetchToken(shop.url)}`;
  for (const path of [
    "/api/v1/users",
    "/api/v1/orders/1",
    "/api/v1/products/7",
    "/health",
    "/",
    "/nowhere",
  ]) {
    const end = [authorization, "Connection: close"];
    const [getHead, getBody] = await sendRaw(shop.port, [`GET ${path} HTTP/1.1`, ...end]);
    const [head, body] = await sendRaw(shop.port, [`HEAD ${path} HTTP/1.1`, ...end]);
    assert.equal(body.length, 0, path);
    assert.equal(head.split("\r\n")[0], getHead.split("\r\n")[0], path);
    assert.equal(field(head, "content-type"), field(getHead, "content-type"), path);
    assert.equal(field(head, "content-length"), String(getBody.length), path);
  }
});

test("requests on one connection are answered in order, also sent at once", bounded, async (t) => {
  const shop = await openShop(t);
  const authorization = `Authorization: Bearer ${await fetchToken(shop.url)}`;
  const get = (path: string, last = ""): string =>
    `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${authorization}\r\n${last}\r\n`;
  const socket = connect(shop.port, "127.0.0.1");
  socket.write(
    get("/api/v1/users/1") +
      get("/health") +
      get("/api/v1/orders/1") +
      get("/nowhere") +
      get("/api/v1/users/2", "Connection: close\r\n"),
  );
  const received = await text(socket);
  const order = ["Alice", "healthy", "shipped", "route.not_found", "Bob"].map((word) =>
    received.indexOf(word),
  );
  assert.ok(!order.includes(-1));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

suite("pages of other origins", bounded, () => {
  const origin = "https://app.example.com";

  test("a preflight needs no token, takes nothing from the limit, and allows Authorization", async (t) => {
    const shop = await openShop(t, { environment: { RATE_LIMIT: "1" } });
    for (const path of ["/api/v1/orders", "/api/v1/orders/1", "/api/token", "/health"]) {
      const [head] = await sendRaw(shop.port, [
        `OPTIONS ${path} HTTP/1.1`,
        `Origin: ${origin}`,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization, content-type",
        "Connection: close",
      ]);
      assert.match(head, /^HTTP\/1\.1 204 /);
      assert.equal(field(head, "access-control-allow-origin"), "*");
      assert.match(field(head, "access-control-allow-headers")!, /authorization/);
      assert.match(field(head, "access-control-allow-methods")!, /POST/);
      assert.equal(field(head, "x-ratelimit-limit"), null);
    }
  });

  test("answers and refusals of every kind can be read, with the limit's fields", async (t) => {
    const shop = await openShop(t, {
      clock: new SimulatedClock(),
      environment: { RATE_LIMIT: "10" },
      services: { users: fail },
    });
    const headers = { ...bearer(await fetchToken(shop.url)), origin };
    const results = [await ask(`${shop.url}/api/v1/products`, { headers })];
    results.push(await ask(`${shop.url}/api/v1/orders`, { headers: { origin } }));
    results.push(await ask(`${shop.url}/api/v1/nowhere`, { headers }));
    results.push(await ask(`${shop.url}/api/v1/products`, { method: "DELETE", headers }));
    for (let i = 0; i < 6; i++) results.push(await ask(`${shop.url}/api/v1/users`, { headers }));
    results.push(await ask(`${shop.url}/api/v1/users`, { headers }));
    assert.deepEqual(
      results.map(({ status }) => status),
      [200, 401, 404, 405, 500, 500, 500, 500, 500, 503, 429],
    );
    for (const { status, headers: fields } of results) {
      assert.equal(fields.get("access-control-allow-origin"), "*", String(status));
      assert.match(
        fields.get("access-control-expose-headers")!,
        /x-ratelimit-remaining.*retry-after.*x-request-id/,
      );
      assert.equal(fields.get("x-ratelimit-limit"), "10", String(status));
    }
  });
});

suite("a request can be followed", bounded, () => {
  test("its id and trace are the same in the answer, at the service, in a refusal's body and in the log", async (t) => {
    let seen: IncomingHttpHeaders = {};
    const users: RequestListener = (request, response) => {
      seen = request.headers;
      response.end("{}");
    };
    const shop = await openShop(t, { services: { users } });
    const token = await fetchToken(shop.url);
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const { headers } = await ask(`${shop.url}/api/v1/users/1`, {
      headers: {
        ...bearer(token),
        traceparent: `00-${trace}-b7ad6b7169203331-01`,
        tracestate: "vendor=1",
        via: "1.1 edge",
        "x-request-id": "chosen by the client",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-host": "evil.test",
      },
    });
    const id = headers.get("x-request-id")!;
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(seen["x-request-id"], id);
    const traceparent = headers.get("traceparent")!;
    assert.match(traceparent, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    assert.doesNotMatch(traceparent, /b7ad6b7169203331/);
    assert.equal(seen["traceparent"], traceparent);
    assert.equal(seen["tracestate"], "vendor=1");
    assert.equal(seen["via"], "1.1 edge, 1.1 portcullis");
    assert.equal(headers.get("via"), "1.1 portcullis");
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen["x-forwarded-host"], new URL(shop.url).host);
    assert.equal(seen["x-forwarded-proto"], "http");
    assert.equal(shop.accessLog.at(-1)!["requestId"], id);

    const refused = await ask(`${shop.url}/api/v1/users/1`);
    assert.equal(refused.json["requestId"], refused.headers.get("x-request-id"));
    assert.match(refused.headers.get("traceparent")!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    const line = shop.accessLog.at(-1)!;
    assert.equal(line["requestId"], refused.json["requestId"]);
    assert.equal(line["code"], refused.json["code"]);
    assert.equal(line["status"], 401);
  });

  test("what has passed this gateway before is refused", async (t) => {
    const shop = await openShop(t);
    const { status, json } = await ask(`${shop.url}/health`, { headers: { via: "1.1 portcullis" } });
    assert.equal(status, 508);
    assert.equal(json["code"], "http.loop");
  });
});

/** Sends lines of a head and gives the response's head and the bytes after it, until the connection ends. */
async function sendRaw(port: number, lines: readonly string[]): Promise<[head: string, body: Buffer]> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = once(socket, "close");
  socket.write([...lines, "Host: shop.test", "", ""].join("\r\n"));
  await ended;
  const all = Buffer.concat(chunks);
  const end = all.indexOf("\r\n\r\n");
  return [all.subarray(0, end).toString("latin1"), all.subarray(end + 4)];
}

function field(head: string, name: string): string | null {
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim() ?? null;
}
