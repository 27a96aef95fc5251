/** Who waits for a connection gets an answer of its own, whatever its service has sent behind the answer before. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { OK, service, stage } from "../../e2e/harness.ts";
import { eventually } from "../../e2e/raw-peer.ts";
import { readClientBytes } from "./response-oracle.ts";
import { EVIL } from "./service-case.ts";

/** What one read takes, at most. */
const READ_BYTES = 64 * 1024;

const HEAD_BYTES = "HTTP/1.1 200 OK\r\nContent-Length: 000000\r\n\r\n".length;

/** An answer of so many bytes in all, at least 100 and less than a megabyte. */
function answerOf(bytes: number): string {
  const length = bytes - HEAD_BYTES;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${String(length).padStart(6, "0")}\r\n\r\n${"x".repeat(length)}`;
}

for (const reads of [1, 2, 4, 8]) {
  for (const surplus of [EVIL, ""]) {
    const behind = surplus === "" ? "nothing" : "another";
    test(`an answer of ${reads} whole reads, and ${behind} behind it`, (t) =>
      waitInLine(t, answerOf(reads * READ_BYTES) + surplus));
  }
}
test("a small answer, and another behind it", (t) => waitInLine(t, answerOf(100) + EVIL));

/** Two clients and one connection: the second waits for what the first gives back. */
async function waitInLine(t: TestContext, sent: string): Promise<void> {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], pool: { maxConnections: 1 } } },
  });
  const first = await gateway.client();
  first.write("GET /first HTTP/1.1\r\nhost: a\r\n\r\n");
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  const second = await gateway.client();
  second.write("POST /second HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
  await eventually(() => gateway.host.exchanges === 2, "the second request");
  peer.write(sent);
  const waiting = (): number =>
    backend.connections.findIndex(({ received }) => received.startsWith("POST /second "));
  await eventually(() => waiting() !== -1, "the second request at the service");
  backend.connections[waiting()]!.write(OK);
  await gateway.finished(2);
  await eventually(() => second.received.endsWith("ok") || second.received.endsWith("evil"), "an answer");
  const { responses } = readClientBytes(second.received, ["POST"], second.fate);
  assert.equal(responses[0]!.body, "ok");
  assert.doesNotMatch(first.received, /evil/);
}
