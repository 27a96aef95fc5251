/** Bounds on what clients may send: at the bound it passes, one past it is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage, type Stage } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const config = {
  limits: { target: "100b", head: "1000b", headerCount: 10 },
  routes: [{ path: "/*", handler: { respond: { body: "ok" } } }],
};
const LINE = "GET / HTTP/1.1\r\nhost: a\r\n";

const cases: readonly { name: string; atBound: string; past: string; status: string; code: string }[] = [
  {
    name: "the target",
    atBound: `GET /${"x".repeat(99)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    past: `GET /${"x".repeat(100)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    status: "414",
    code: "http.target_too_long",
  },
  {
    name: "the head",
    atBound: `${LINE}x: ${"y".repeat(1000 - LINE.length - 7)}\r\n\r\n`,
    past: `${LINE}x: ${"y".repeat(1000 - LINE.length - 6)}\r\n\r\n`,
    status: "431",
    code: "http.head_too_large",
  },
  {
    name: "the number of fields",
    atBound: `${LINE}${"x: y\r\n".repeat(9)}\r\n`,
    past: `${LINE}${"x: y\r\n".repeat(10)}\r\n`,
    status: "431",
    code: "http.too_many_headers",
  },
];
for (const { name, atBound, past, status, code } of cases) {
  for (const cut of ["at once", "in two pieces"]) {
    test(`${name} has a bound, read ${cut}`, async (t) => {
      const gateway = await stage(t, config);
      const ask = cut === "at once" ? gateway.ask.bind(gateway) : inTwo(gateway);
      assert.match((await ask(atBound)).line, /200/);
      const message = await ask(past);
      assert.match(message.line, new RegExp(status));
      assert.equal(message.headers.get("connection"), "close");
      assert.equal(JSON.parse(message.body).code, code);
    });
  }
}

function inTwo(gateway: Stage): Stage["ask"] {
  return async (request) => {
    const client = await gateway.client();
    const before = gateway.host.network.read;
    client.write(request.slice(0, 50));
    await eventually(() => gateway.host.network.read === before + 50, "the first piece is read");
    client.write(request.slice(50));
    const message = await client.takeMessage();
    client.destroy();
    return message;
  };
}

test("an endless head is refused at its bound, not gathered", async (t) => {
  const gateway = await stage(t, config);
  const client = await gateway.client();
  client.write(`GET / HTTP/1.1\r\nhost: a\r\n${"x".repeat(1000)}`);
  assert.match((await client.takeMessage()).line, /431/);
  assert.equal(await client.ended(), "end");
});

test("one connection more than may be is closed at once; another's end makes room", async (t) => {
  const gateway = await stage(t, { ...config, limits: { maxConnections: 2 } });
  const [first, second] = [await gateway.client(), await gateway.client()];
  for (const client of [first, second]) {
    client.write(`${LINE}\r\n`);
    await client.takeMessage();
  }
  const third = await gateway.client();
  await third.ended();
  assert.equal(third.received, "");
  first.destroy();
  await eventually(() => gateway.host.network.accepted === 1, "room");
  assert.match((await gateway.get("/")).line, /200/);
});

for (const trusted of [false, true]) {
  test(`one connection more than one address may have is ${trusted ? "taken from a trusted proxy" : "closed at once"}`, async (t) => {
    const gateway = await stage(t, {
      ...config,
      listen: { port: 0, trustedProxies: trusted ? ["loopback"] : [] },
      limits: { maxConnectionsPerAddress: 1 },
    });
    const first = await gateway.client();
    first.write(`${LINE}\r\n`);
    await first.takeMessage();
    const second = await gateway.client();
    second.write(`${LINE}\r\n`);
    if (trusted) {
      assert.match((await second.takeMessage()).line, /200/);
      return;
    }
    await second.ended();
    assert.equal(second.received, "");
    const [line] = gateway.host.log.lines;
    assert.deepEqual(line?.fields, {
      code: "client.too_many_connections_of_address",
      clientAddress: "127.0.0.1",
      connections: 1,
    });
    // What is called in the process has no address to be counted for.
    const asked = await gateway.gateway.inject(new Request("http://a/"));
    assert.equal(asked.status, 200);
    first.destroy();
    await eventually(() => gateway.host.network.accepted === 0, "room");
    assert.match((await gateway.get("/")).line, /200/);
  });
}

test("a client that goes on sending after its refusal can still read it, and is cut off in the end", async (t) => {
  const gateway = await stage(t, config);
  const client = await gateway.client();
  client.write(`NOT HTTP\r\n\r\n${"x".repeat(100_000)}`);
  assert.match((await client.takeMessage()).line, /400/);
  assert.equal(await client.ended(), "end");
  assert.equal(gateway.host.network.accepted, 1);
  gateway.clock.advance(2200);
  await eventually(() => gateway.host.network.accepted === 0, "the connection is closed");
  const flood = await gateway.client();
  flood.write("NOT HTTP\r\n\r\n");
  await flood.takeMessage();
  const before = gateway.host.network.read;
  for (let i = 0; i < 40; i++) flood.write("x".repeat(64 * 1024));
  await eventually(() => gateway.host.network.read > before, "some of the flood is read");
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(gateway.host.network.read - before < 512 * 1024, "and not all of it");
  assert.equal(gateway.host.network.accepted, 1, "its client may still read the answer");
  gateway.clock.advance(2200);
  await eventually(() => gateway.host.network.accepted === 0, "the flood is cut off");
});
