/** Services that are slow on purpose: what each byte may take, and all of them. Time is the test's. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { OK, service, stage, type Stage } from "../../e2e/harness.ts";
import { eventually, type RawPeer, type RawService } from "../../e2e/raw-peer.ts";
import { readClientBytes } from "./response-oracle.ts";

const RESPONSE_MS = 10_000;
const IDLE_MS = 60_000;
/** Deadlines are looked at so often. */
const SWEEP_MS = 100;

interface Played {
  readonly gateway: Stage;
  readonly backend: RawService;
  readonly client: RawPeer;
  /** Sends bytes one by one, each `everyMs` after the one before; stops when the gateway has given up. */
  readonly trickle: (bytes: string, everyMs: number) => Promise<void>;
}

async function ask(t: TestContext, request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"): Promise<Played> {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: {
      backend: {
        targets: [backend.url],
        circuitBreaker: { consecutiveFailures: 1 },
        timeouts: { response: `${RESPONSE_MS}ms`, idle: `${IDLE_MS}ms` },
      },
    },
  });
  const client = await gateway.client();
  client.write(request);
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  const { network } = gateway.host;
  const trickle = async (bytes: string, everyMs: number): Promise<void> => {
    for (const byte of bytes) {
      if (gateway.done.length > 0) return;
      const before = network.read;
      peer.write(byte);
      await eventually(() => network.read > before || network.opened === 0, "the byte is read");
      gateway.clock.advance(everyMs);
    }
  };
  return { gateway, backend, client, trickle };
}

/** The answer is given up: the client is told, the service's connection is gone, and its failure counts. */
async function assertGivenUp({ gateway, client }: Played, code: string): Promise<void> {
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, code);
  await eventually(() => gateway.host.network.opened === 0, "the connection is destroyed");
  if (code === "service.timeout") {
    await client.take("HTTP/1.1 504 ");
  } else {
    await client.ended();
    assert.equal(readClientBytes(client.received, ["GET"], client.fate).responses.length, 0);
  }
  assert.match((await gateway.get("/")).line, /503/);
}

const heads: readonly (readonly [what: string, bytes: string])[] = [
  ["a head", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(2000)}`],
  ["a status line", `HTTP/1.1 200 ${"x".repeat(2000)}`],
  ["interim answers", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(80)],
  ["an interim answer's head", `HTTP/1.1 100 Continue\r\nX: ${"x".repeat(2000)}`],
];
for (const [what, bytes] of heads) {
  for (const everyMs of [50, 99, 1000, 9000]) {
    test(`${what}, a byte every ${everyMs} ms, has one deadline for all of it`, async (t) => {
      const played = await ask(t);
      const started = played.gateway.clock.now();
      await played.trickle(bytes, everyMs);
      await assertGivenUp(played, "service.timeout");
      const took = played.gateway.clock.now() - started;
      assert.ok(
        took > RESPONSE_MS - SWEEP_MS && took <= RESPONSE_MS + SWEEP_MS + everyMs,
        `given up after ${took} ms`,
      );
    });
  }
}

test("a head that is whole in time is an answer, however slowly it came", async (t) => {
  const { client, trickle } = await ask(t);
  await trickle(OK, Math.floor(RESPONSE_MS / (OK.length + 1)));
  assert.equal((await client.takeMessage()).body, "ok");
});

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const bodies: readonly (readonly [what: string, head: string, rest: string])[] = [
  ["a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "abcdef"],
  ["a body until the end", "HTTP/1.1 200 OK\r\n\r\n", "abcdef"],
  ["chunks", CHUNKED, "5\r\nhello\r\n1\r\nx\r\n"],
  ["a chunk size", CHUNKED, "000000"],
  ["trailers", `${CHUNKED}0\r\n`, "X-Sum: 7\r\n"],
];
for (const [what, head, rest] of bodies) {
  test(`${what} may trickle, and stalls where no byte comes in time`, async (t) => {
    const played = await ask(t);
    await played.trickle(head, 0);
    await played.trickle(rest, IDLE_MS - SWEEP_MS);
    assert.equal(played.client.fate, "open");
    assert.equal(played.gateway.done.length, 0);
    played.gateway.clock.advance(SWEEP_MS * 2);
    await assertGivenUp(played, "service.stalled");
  });
}

test("an answer that begins before its request is whole waits for the client, who has its own time", async (t) => {
  const played = await ask(t, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello");
  await played.trickle("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0);
  await played.client.take("abc");
  played.gateway.clock.advance(29_000);
  assert.equal(played.client.fate, "open");
  played.gateway.clock.advance(1200);
  const [x] = await played.gateway.finished(1);
  assert.equal(x!.code, "http.request_timeout");
  await played.client.ended();
});
