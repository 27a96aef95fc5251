/** A listener behind a proxy that speaks the PROXY protocol, on real sockets. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { TCP4_BLOCK, TCP6_BLOCK, version2 } from "../../src/listeners/proxy-protocol/testing.ts";
import { stage, type Stage, type StageConfig } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const REQUEST = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const LINE = "PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n";

/** Answers with the client's address. */
const whoami: NonNullable<StageConfig["routes"]> = [
  { path: "/*", handler: { fetch: (_request, { clientAddress }) => new Response(clientAddress) } },
];

function stageBehindProxy(t: TestContext, listen: object = {}, config: StageConfig = {}): Promise<Stage> {
  return stage(t, {
    listen: { port: 0, trustedProxies: ["loopback"], proxyProtocol: true, ...listen },
    routes: whoami,
    ...config,
  });
}

function logged({ host }: Stage): object[] {
  return host.log.lines.map(({ fields }) => fields);
}

describe("behind a header, the client is", () => {
  const mapped = { trustedProxies: ["127.0.0.1", "203.0.113.9"] };
  const cases: readonly [
    what: string,
    header: string | Buffer,
    listen: object,
    fields: string,
    address: string,
  ][] = [
    ["of a line", LINE, {}, "", "203.0.113.9"],
    ["of a line with IPv6", "PROXY TCP6 2001:DB8::9 ::1 1 2\r\n", {}, "", "2001:db8::9"],
    ["of a block", version2({ family: 0x11, following: TCP4_BLOCK }), {}, "", "203.0.113.9"],
    ["of a block with IPv6", version2({ family: 0x21, following: TCP6_BLOCK }), {}, "", "2001:db8::9"],
    ["the proxy, of UNKNOWN", "PROXY UNKNOWN\r\n", {}, "", "127.0.0.1"],
    ["the proxy, of LOCAL", version2({ command: 0x20, family: 0 }), {}, "", "127.0.0.1"],
    // Who the header names is the peer from here on: believed only if it is trusted, too.
    ["not whom a stranger names", LINE, {}, "x-forwarded-for: 198.51.100.1\r\n", "203.0.113.9"],
    [
      "whom a trusted proxy further out names",
      LINE,
      mapped,
      "x-forwarded-for: 198.51.100.1\r\n",
      "198.51.100.1",
    ],
    [
      "whom the proxy itself names",
      "PROXY UNKNOWN\r\n",
      {},
      "x-forwarded-for: 198.51.100.1\r\n",
      "198.51.100.1",
    ],
  ];
  for (const [what, header, listen, fields, address] of cases) {
    it(what, async (t) => {
      const stage = await stageBehindProxy(t, listen);
      const client = await stage.client();
      const request = `GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
      // With the request in the same segment, and the next one behind the response.
      client.write(Buffer.concat([Buffer.from(header), Buffer.from(request)]));
      assert.equal((await client.takeMessage()).body, address);
      client.write(request);
      assert.equal((await client.takeMessage()).body, address);
      const [x] = await stage.finished(2);
      assert.equal(x!.client.address, address);
      assert.deepEqual(logged(stage), []);
    });
  }
});

for (const [what, header] of [
  ["a line", Buffer.from(LINE)],
  ["a block", version2({ family: 0x21, following: `${TCP6_BLOCK}${"ee".repeat(100)}` })],
] as const) {
  it(`${what} may come in single bytes, and the request behind it`, async (t) => {
    const stage = await stageBehindProxy(t);
    const client = await stage.client();
    for (const byte of Buffer.concat([header, Buffer.from(REQUEST)])) {
      const before = stage.host.network.read;
      client.write(Buffer.of(byte));
      await eventually(() => stage.host.network.read > before, "the byte was read");
    }
    assert.equal((await client.takeMessage()).line, "HTTP/1.1 200 OK");
  });
}

describe("closed at once, with one line in the log, is", () => {
  const cases: readonly [what: string, bytes: string | Buffer, listen: object, code: string][] = [
    ["a stranger", LINE + REQUEST, { trustedProxies: ["10.0.0.0/8", "::1"] }, "client.untrusted_proxy"],
    ["a stranger who says nothing", "", { trustedProxies: ["10.0.0.0/8"] }, "client.untrusted_proxy"],
    ["a request without a header", REQUEST, {}, "client.bad_proxy_header"],
    ["a second header, which is no request", LINE + LINE + REQUEST, {}, ""],
    ["a header with two blanks", LINE.replace(" 192", "  192") + REQUEST, {}, "client.bad_proxy_header"],
    ["a line without an end", `PROXY UNKNOWN ${"a".repeat(100)}`, {}, "client.bad_proxy_header"],
    [
      "a block that is too short",
      version2({ family: 0x11, following: TCP4_BLOCK.slice(2) }),
      {},
      "client.bad_proxy_header",
    ],
  ];
  for (const [what, bytes, listen, code] of cases) {
    it(what, async (t) => {
      const stage = await stageBehindProxy(t, listen);
      const client = await stage.client();
      if (bytes.length > 0) client.write(bytes);
      await client.ended();
      if (code === "") {
        // It is read as HTTP/1 then, and refused as such.
        assert.match(client.received, /^HTTP\/1\.1 400 /);
        assert.deepEqual(logged(stage), []);
        return;
      }
      assert.equal(client.received, "", "nothing is answered");
      assert.deepEqual(logged(stage), [{ code, clientAddress: "127.0.0.1", connections: 1 }]);
      assert.equal(stage.done.length, 0);
    });
  }

  it("who has not sent all of it in time", async (t) => {
    const stage = await stageBehindProxy(t, {}, { timeouts: { head: "5s" } });
    const client = await stage.client();
    client.write(LINE.slice(0, 20));
    await eventually(() => stage.host.network.read === 20, "half a header was read");
    stage.clock.advance(4900);
    assert.deepEqual(logged(stage), []);
    // However it goes on, it has one deadline.
    client.write(LINE.slice(20, 21));
    await eventually(() => stage.host.network.read === 21, "one byte more was read");
    stage.clock.advance(200);
    await client.ended();
    assert.deepEqual(logged(stage), [
      { code: "client.proxy_header_timeout", clientAddress: "127.0.0.1", connections: 1 },
    ]);
  });

  it("who ends in the middle of it", async (t) => {
    const stage = await stageBehindProxy(t);
    const client = await stage.client();
    client.write(LINE.slice(0, 20));
    client.socket.end();
    await client.ended();
    assert.deepEqual(logged(stage), [
      { code: "client.bad_proxy_header", clientAddress: "127.0.0.1", connections: 1 },
    ]);
  });
});

it("a proxy that only looks whether somebody listens is no trouble", async (t) => {
  const stage = await stageBehindProxy(t);
  const client = await stage.client();
  await eventually(() => stage.host.network.accepted === 1, "a connection");
  client.socket.end();
  await client.ended();
  const other = await stage.client();
  other.destroy();
  await eventually(() => stage.host.network.accepted === 0, "both have gone");
  assert.deepEqual(logged(stage), []);
});

it("who has not sent it counts as a connection, and gives its place to the client's", async (t) => {
  const stage = await stageBehindProxy(t, {}, { limits: { maxConnections: 2 } });
  const clients = [await stage.client(), await stage.client()];
  await eventually(() => stage.host.network.accepted === 2, "two connections");
  const third = await stage.client();
  await third.ended();
  for (const client of clients) {
    client.write(LINE + REQUEST);
    assert.equal((await client.takeMessage()).body, "203.0.113.9");
  }
});

it("connections are counted for whom the header names", async (t) => {
  const stage = await stageBehindProxy(t, {}, { limits: { maxConnectionsPerAddress: 1 } });
  const first = await stage.client();
  first.write(LINE + REQUEST);
  await first.takeMessage();
  const second = await stage.client();
  second.write(LINE + REQUEST);
  await second.ended();
  assert.equal(second.received, "");
  const other = await stage.client();
  other.write(LINE.replace("203.0.113.9", "203.0.113.10") + REQUEST);
  assert.equal((await other.takeMessage()).body, "203.0.113.10");
  first.destroy();
  await eventually(() => stage.host.network.accepted === 1, "the first has gone");
  const third = await stage.client();
  third.write(LINE + REQUEST);
  assert.equal((await third.takeMessage()).body, "203.0.113.9");
});

it("strangers do not flood the log", async (t) => {
  const stage = await stageBehindProxy(t, { trustedProxies: ["10.0.0.0/8"] });
  for (let i = 0; i < 5; i++) await (await stage.client()).ended();
  stage.clock.advance(10_000);
  await (await stage.client()).ended();
  const clientAddress = "127.0.0.1";
  assert.deepEqual(logged(stage), [
    { code: "client.untrusted_proxy", clientAddress, connections: 1 },
    { code: "client.untrusted_proxy", clientAddress, connections: 5 },
  ]);
});

it("a client that reads slowly gets all of it", async (t) => {
  const size = 16 * 1024 ** 2;
  const stage = await stageBehindProxy(
    t,
    {},
    { routes: [{ path: "/", handler: { fetch: () => new Response(new Uint8Array(size)) } }] },
  );
  const client = await stage.client();
  client.socket.pause();
  client.write(LINE + REQUEST);
  await eventually(() => stage.host.network.waiting > 0, "the gateway waits for the client");
  client.socket.resume();
  assert.equal((await client.takeMessage()).body.length, size);
});

it("a shutdown does not wait for a header", async (t) => {
  const stage = await stageBehindProxy(t);
  const client = await stage.client();
  client.write(LINE.slice(0, 20));
  await eventually(() => stage.host.network.read === 20, "half a header was read");
  await stage.gateway.close();
  assert.equal(await client.ended(), "end");
});

it("a request of the same process has no header", async (t) => {
  const stage = await stageBehindProxy(t);
  const response = await stage.gateway.inject(new Request("http://a/"));
  assert.equal(await response.text(), "127.0.0.1");
});
