/** Answers on their way through policies that encode them, or that wait before they let them go. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { BodyEncoder } from "../../../src/core/body-encoder.ts";
import type { Policy } from "../../../src/core/policy.ts";
import { Deadlines } from "../../../src/host/deadlines.ts";
import { EventLog } from "../../../src/observe/event-log.ts";
import { forward } from "../../../src/services/forward.ts";
import { serviceSchema } from "../../../src/services/schema.ts";
import { testState } from "../../../src/testing/around.ts";
import { Service } from "../../../src/services/service.ts";
import { OK, service, stage, stageOfRoute, type Stage } from "../../e2e/harness.ts";
import { eventually, type RawPeer, type RawService } from "../../e2e/raw-peer.ts";
import { readClientBytes, valuesOf } from "./response-oracle.ts";
import { EVIL } from "./service-case.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
const TEXT = "what goes through an encoder. ".repeat(1000);
const CHUNKS = `${HEAD}Transfer-Encoding: chunked\r\n\r\n${TEXT.length.toString(16)}\r\n${TEXT}\r\n`;
const COUNTED = `${HEAD}Content-Length: ${TEXT.length + 1}\r\n\r\n${TEXT}`;

const cuts: readonly (readonly [what: string, bytes: string, after: "fin" | "reset" | "nothing"])[] = [
  ["fin behind chunks", CHUNKS, "fin"],
  ["a reset behind chunks", CHUNKS, "reset"],
  ["a bad chunk", `${CHUNKS}x\r\n`, "nothing"],
  ["half a last chunk and fin", `${CHUNKS}0\r\n`, "fin"],
  ["fin one byte short of a length", COUNTED, "fin"],
  ["a reset one byte short of a length", COUNTED, "reset"],
  ["a reset behind a body until the end", `${HEAD}\r\n${TEXT}`, "reset"],
];
for (const coding of ["gzip", "br", "zstd"]) {
  for (const version of ["1.0", "1.1"]) {
    for (const [what, bytes, after] of cuts) {
      test(`${what}, encoded as ${coding} for HTTP/${version}, does not look whole`, async (t) => {
        const backend = await service(t);
        const gateway = await stage(t, {
          services: { backend: { targets: [backend.url] } },
          policies: { compress: {} },
        });
        const client = await gateway.client();
        client.write(`GET / HTTP/${version}\r\nhost: a\r\naccept-encoding: ${coding}\r\n\r\n`);
        const peer = await backend.accept();
        await peer.take("\r\n\r\n");
        const until = gateway.host.network.read + bytes.length;
        peer.write(bytes);
        await eventually(() => gateway.host.network.read >= until, "the answer is read");
        end(peer, after);
        const [x] = await gateway.finished(1);
        assert.equal(x!.code, after === "nothing" ? "service.bad_response" : "service.broken");
        await client.ended();
        assert.deepEqual(readClientBytes(client.received, ["GET"], client.fate).responses, []);
      });
    }
  }
}

function end(peer: RawPeer, how: "fin" | "reset" | "nothing"): void {
  if (how === "fin") peer.socket.end();
  else if (how === "reset") peer.socket.resetAndDestroy();
}

interface Held {
  readonly gateway: Stage;
  readonly backend: RawService;
  readonly client: RawPeer;
  readonly peer: RawPeer;
  /** Sends bytes, and waits until the gateway has read them. */
  readonly send: (bytes: string) => Promise<void>;
  /** Lets the first answer go. */
  readonly release: () => void;
}

/** A gateway with a policy that lets the answer to `request` wait, around `inner` ones. */
async function hold(t: TestContext, request = GET, inner: readonly Policy[] = []): Promise<Held> {
  const backend = await service(t);
  const waits = Promise.withResolvers<void>();
  let first = true;
  const policy: Policy = {
    response() {
      const isFirst = first;
      first = false;
      return isFirst ? waits.promise : undefined;
    },
  };
  const gateway = await stageOfRoute(t, { handle: (x) => forward(x, forwarding) }, [policy, ...inner]);
  const config = serviceSchema.parse({ targets: [backend.url] });
  const events = new EventLog(gateway.host);
  const borrowing = testState(gateway.host);
  const deadlines = new Deadlines(gateway.clock);
  const forwarding = new Service("backend", config, gateway.host, events, deadlines, borrowing.at());
  const { close } = gateway;
  gateway.close = () => {
    void borrowing.release();
    return close();
  };
  const client = await gateway.client();
  client.write(request);
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  const { network } = gateway.host;
  const send = async (bytes: string): Promise<void> => {
    const until = network.read + bytes.length;
    peer.write(bytes);
    await eventually(() => network.read >= until || network.opened === 0, "the bytes are read");
  };
  return { gateway, backend, client, peer, send, release: () => waits.resolve() };
}

test("an answer that waits is no view of memory into which the next one is read", async (t) => {
  const { gateway, client, peer, send, release } = await hold(t);
  await send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
  const other = await gateway.client();
  other.write(GET);
  await peer.take("\r\n\r\n");
  const longer = "public".repeat(20);
  peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${longer.length}\r\n\r\n${longer}`);
  assert.equal((await other.takeMessage()).body, longer);
  release();
  assert.equal((await client.takeMessage()).body, "secret");
});

test("a refusal in the place of an answer that waits is not encoded as that was to be", async (t) => {
  let destroyed = 0;
  const encoder: BodyEncoder = {
    start: () => {},
    write: () => true,
    end: () => {},
    drain: () => {},
    destroy: () => void destroyed++,
  };
  const encoding: Policy = { response: (x) => void (x.response!.status === 200 && (x.encoder = encoder)) };
  const upload = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
  const { client, send } = await hold(t, upload, [encoding]);
  await send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsec");
  client.write("no size\r\n");
  const refusal = await client.takeMessage();
  assert.match(refusal.line, /400/);
  assert.equal(JSON.parse(refusal.body).code, "http.bad_chunk");
  assert.equal(destroyed, 1);
});

test("an answer that is whole while a policy waits gives its connection to others, and arrives later", async (t) => {
  const { gateway, client, peer, send, release } = await hold(t);
  await send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nX-Sum: 7\r\n\r\n");
  const other = await gateway.client();
  other.write(GET);
  await peer.take("\r\n\r\n");
  peer.write(OK);
  assert.equal((await other.takeMessage()).body, "ok");
  assert.equal(client.received, "");
  release();
  await gateway.finished(2);
  const last = "\r\n0\r\nx-sum: 7\r\n\r\n";
  await eventually(() => client.received.endsWith(last), "the first answer");
  const [response] = readClientBytes(client.received, ["GET"], client.fate).responses;
  assert.equal(response!.body, "first");
  assert.deepEqual(valuesOf(response!.trailers, "x-sum"), ["7"]);
});

test("of an answer that waits for a policy, no more is read than came with its head", async (t) => {
  const { gateway, client, peer, send, release } = await hold(t);
  await send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  const { read } = gateway.host.network;
  peer.write("def");
  // A client that comes later is served while these three bytes are left where they are.
  const other = await gateway.client();
  other.write("GET /other HTTP/1.0\r\n\r\n");
  await eventually(() => gateway.host.exchanges === 2, "the other request");
  assert.equal(gateway.host.network.read, read + "GET /other HTTP/1.0\r\n\r\n".length);
  release();
  await eventually(() => client.received.endsWith("abcdef"), "the answer");
  assert.equal(readClientBytes(client.received, ["GET"], client.fate).responses[0]!.body, "abcdef");
  other.destroy();
  await gateway.finished(2);
});

const failures: readonly (readonly [what: string, bytes: string])[] = [
  ["a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\nx\r\n"],
  ["a bad trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : evil\r\n\r\n"],
];
for (const [what, bytes] of failures) {
  test(`${what} of an answer that waits for a policy is a 502: nothing of it has left`, async (t) => {
    const { gateway, backend, client, send, release } = await hold(t);
    await send(bytes);
    const [x] = await gateway.finished(1);
    assert.equal(x!.code, "service.bad_response");
    const message = await client.takeMessage();
    assert.match(message.line, /502/);
    release();
    const other = await gateway.client();
    other.write(GET);
    const next = await backend.accept();
    await next.take("\r\n\r\n");
    next.write(OK);
    assert.equal((await other.takeMessage()).body, "ok");
    assert.equal(client.received, "");
  });
}

test("bytes behind an answer that waits for a policy are nobody's", async (t) => {
  const { gateway, client, send, release } = await hold(t);
  await send(`${OK}${EVIL}`);
  await eventually(() => gateway.host.network.opened === 0, "the connection is destroyed");
  release();
  await eventually(() => client.received.endsWith("ok"), "the answer");
  assert.equal(readClientBytes(client.received, ["GET"], client.fate).responses.length, 1);
});
