/** Whom the gateway believes, on real sockets: what services, limits, functions and the log are told of the client. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { stage, service, type Stage, type StageConfig } from "./harness.ts";
import type { RawMessage } from "./raw-peer.ts";

/** Everything by which a request may say that it comes from elsewhere. */
const SAID = [
  "X-Forwarded-For: 198.51.100.1, 203.0.113.9",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: www.example:8443",
  "X-Forwarded-Port: 8443",
  "X-Forwarded-Prefix: /admin",
  "X-Forwarded-User: root",
  "X-Forwarded-Server: s",
  "X-Real-IP: 192.0.2.77",
  "Forwarded: for=192.0.2.78;proto=https;host=evil.test",
  "",
].join("\r\n");

const PROVENANCE = /^(?:x-forwarded-.*|x-real-ip|forwarded)$/;

/** A gateway before a service that is told about each request's provenance. */
async function stageWith(
  t: TestContext,
  listen: object,
  config: StageConfig = {},
): Promise<{ stage: Stage; told: (readonly (readonly string[])[])[] }> {
  const told: (readonly (readonly string[])[])[] = [];
  const backend = await service(t, (request, peer) => {
    told.push(provenanceFields(request));
    peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  });
  const started = await stage(t, {
    listen: { port: 0, ...listen },
    services: { backend: { targets: [backend.url] } },
    ...config,
  });
  return { stage: started, told };
}

/** All of them, repeated ones as well. */
function provenanceFields({ head }: RawMessage): string[][] {
  const fields = head.trimEnd().split("\r\n").slice(1);
  return fields
    .map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 2)])
    .filter(([name]) => PROVENANCE.test(name!))
    .toSorted(([left], [right]) => left!.localeCompare(right!));
}

function fieldsOf(address: string, host: string, proto: string): string[][] {
  return [
    ["x-forwarded-for", address],
    ["x-forwarded-host", host],
    ["x-forwarded-proto", proto],
  ];
}

describe("a service is told of the client", () => {
  const cases: readonly [what: string, listen: object, said: string, told: string[][]][] = [
    ["by default, what the gateway sees", {}, SAID, fieldsOf("127.0.0.1", "a", "http")],
    [
      "by a stranger, what the gateway sees",
      { trustedProxies: ["10.0.0.0/8", "127.0.0.2", "::1"] },
      SAID,
      fieldsOf("127.0.0.1", "a", "http"),
    ],
    [
      "by a trusted proxy, what it says",
      { trustedProxies: ["loopback"] },
      SAID,
      fieldsOf("203.0.113.9", "www.example:8443", "https"),
    ],
    [
      "by a trusted proxy that passes on a Connection field, what it says",
      { trustedProxies: ["loopback"] },
      `${SAID}Connection: keep-alive, X-Forwarded-For, x-forwarded-proto, X-Forwarded-Host\r\n`,
      fieldsOf("203.0.113.9", "www.example:8443", "https"),
    ],
    [
      "by a trusted proxy that passes on another, what it says",
      { trustedProxies: ["loopback"], proxyHeaders: "forwarded" },
      `${SAID}Connection: forwarded\r\n`,
      fieldsOf("192.0.2.78", "evil.test", "https"),
    ],
    [
      "by a stranger with a Connection field, what the gateway sees",
      {},
      `${SAID}Connection: x-forwarded-for, x-forwarded-host, x-forwarded-user\r\n`,
      fieldsOf("127.0.0.1", "a", "http"),
    ],
    [
      "by several, what the last of them says",
      { trustedProxies: ["127.0.0.1", "203.0.113.0/24"] },
      SAID,
      fieldsOf("198.51.100.1", "www.example:8443", "https"),
    ],
    [
      "by one that writes Forwarded, what stands there",
      { trustedProxies: ["loopback"], proxyHeaders: "forwarded" },
      SAID,
      fieldsOf("192.0.2.78", "evil.test", "https"),
    ],
    [
      "by a trusted proxy that says nothing, what the gateway sees",
      { trustedProxies: ["loopback"] },
      "X-Real-IP: 192.0.2.77\r\nForwarded: for=192.0.2.78\r\n",
      fieldsOf("127.0.0.1", "a", "http"),
    ],
  ];
  for (const [what, listen, said, expected] of cases) {
    it(what, async (t) => {
      const { stage, told } = await stageWith(t, listen);
      const answer = await stage.get("/", said);
      assert.equal(answer.line, "HTTP/1.1 200 OK");
      assert.deepEqual(told, [expected]);
      const [x] = await stage.finished(1);
      assert.equal(x!.client.address, expected[0]![1]);
    });
  }

  it("anew for each request of a connection", async (t) => {
    const { stage, told } = await stageWith(t, { trustedProxies: ["loopback"] });
    const client = await stage.client();
    for (const chain of ["203.0.113.1", "", "203.0.113.2, unknown", "[2001:DB8::9]:80"]) {
      client.write(`GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: ${chain}\r\n\r\n`);
      await client.takeMessage();
    }
    client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await client.takeMessage();
    assert.deepEqual(
      told.map((fields) => fields[0]![1]),
      ["203.0.113.1", "127.0.0.1", "127.0.0.1", "2001:db8::9", "127.0.0.1"],
    );
  });

  it("by an HTTP/1.0 proxy that sends no Host", async (t) => {
    const { stage, told } = await stageWith(t, { trustedProxies: ["loopback"] });
    await stage.ask(
      "GET / HTTP/1.0\r\nX-Forwarded-Host: www.example\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
    );
    assert.deepEqual(told, [fieldsOf("203.0.113.9", "www.example", "http")]);
  });
});

/** Of one request with each of the chains. */
async function statuses(started: Stage, chains: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const chain of chains) lines.push((await started.get("/", `x-forwarded-for: ${chain}\r\n`)).line);
  return lines.map((line) => line.split(" ")[1]!);
}

it("limits are by the client that a trusted proxy names, and nobody chooses his own", async (t) => {
  const policies = { rateLimit: { limit: 1, window: "1h" } };
  const routes: StageConfig["routes"] = [{ path: "/*", handler: "respond" }];
  const behind = await stageWith(t, { trustedProxies: ["loopback"] }, { policies, routes });
  assert.deepEqual(
    await statuses(behind.stage, [
      "203.0.113.1",
      "203.0.113.2",
      // The same again, in other words and with a story before it.
      "::ffff:203.0.113.1",
      "198.51.100.7, 203.0.113.1:4711",
      // Of IPv6 the network.
      "2001:db8::1",
      "[2001:DB8::2]:80",
      "2001:db8:0:1::1",
    ]),
    ["200", "200", "429", "429", "200", "429", "200"],
  );
  const open = await stageWith(t, {}, { policies, routes });
  assert.deepEqual(await statuses(open.stage, ["203.0.113.1", "203.0.113.2"]), ["200", "429"]);
});

it("the host that a proxy tells of changes no route", async (t) => {
  const { stage } = await stageWith(
    t,
    { trustedProxies: ["loopback"] },
    {
      routes: [
        { path: "/", host: "a", handler: { respond: { body: "of a" } } },
        { path: "/", host: "www.example", handler: { respond: { body: "of www" } } },
      ],
    },
  );
  assert.equal((await stage.get("/", "x-forwarded-host: www.example\r\n")).body, "of a");
});

it("a function gets the client's address and scheme", async (t) => {
  const { stage } = await stageWith(
    t,
    { trustedProxies: ["loopback"] },
    {
      routes: [
        {
          path: "/",
          handler: {
            fetch: (request, { clientAddress }) => {
              const { headers } = request;
              const names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];
              return Response.json([request.url, clientAddress, ...names.map((name) => headers.get(name))]);
            },
          },
        },
      ],
    },
  );
  const { body } = await stage.get("/", SAID);
  assert.deepEqual(JSON.parse(body), [
    "https://a/",
    "203.0.113.9",
    "203.0.113.9",
    "https",
    "www.example:8443",
    null,
  ]);
});

it("what cannot be read comes from who sent it", async (t) => {
  const { stage } = await stageWith(t, { trustedProxies: ["loopback"] });
  const answer = await stage.ask("GET / HTTP/1.1\r\nx-forwarded-for: 203.0.113.9\r\nbad header\r\n\r\n");
  assert.equal(answer.line, "HTTP/1.1 400 Bad Request");
  const [x] = await stage.finished(1);
  assert.equal(x!.client.address, "127.0.0.1");
});

it("a request of the same process is believed where loopback is", async (t) => {
  const { stage, told } = await stageWith(t, { trustedProxies: ["loopback"] });
  const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https" };
  const response = await stage.gateway.inject(new Request("http://shop.example/", { headers }));
  assert.equal(await response.text(), "ok");
  assert.deepEqual(told, [fieldsOf("203.0.113.9", "shop.example", "https")]);
});
