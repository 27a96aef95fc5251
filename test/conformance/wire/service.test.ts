/** Whatever a service sends, each client gets one answer, its own, or sees that it is cut short: whole gateways on real sockets. */
import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { service, stage, type Stage } from "../../e2e/harness.ts";
import { eventually, type RawPeer, type RawService } from "../../e2e/raw-peer.ts";
import { readClientBytes, valuesOf, type ClientReading, type ClientResponse } from "./response-oracle.ts";
import { REQUESTS, type Expected, type ServiceCase } from "./service-case.ts";
import { SERVICE_CASES } from "./service-cases.ts";

/** What is longer is not sent byte by byte, but in pieces of so many bytes less one, so that none ends where a bound is. */
const FEW_BYTES = 400;

for (const { threat, cases } of SERVICE_CASES) {
  void suite(`services send ${threat}`, () => {
    for (const row of cases) {
      const pieces = typeof row.sends === "string" ? [row.sends] : row.sends;
      void test(row.what, (t) => play(t, row, pieces));
      const text = pieces.join("");
      if (text.length < 2) continue;
      const [name, cuts] =
        text.length <= FEW_BYTES ? ["byte by byte", text.split("")] : ["piece by piece", piecesOf(text)];
      void test(`${row.what}, ${name}`, (t) => play(t, row, cuts));
    }
  });
}

function piecesOf(text: string): string[] {
  const size = FEW_BYTES - 1;
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  );
}

async function play(t: TestContext, row: ServiceCase, pieces: readonly string[]): Promise<void> {
  const backend = await service(t);
  const gateway = await stage(t, {
    services: { backend: { targets: [backend.url], circuitBreaker: false, maxHead: "4kb" } },
  });
  const { method, first, rest, body, ends } = REQUESTS[row.asks ?? "GET"];
  const client = await gateway.client();
  client.write(first);
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  if (body !== "") await peer.takeBytes(body.length);

  for (const piece of pieces) await send(gateway, peer, piece);
  if (row.after === "fin") peer.socket.end();
  if (row.after === "reset") peer.socket.resetAndDestroy();
  const [x] = await gateway.finished(1);
  assert.equal(x!.code, row.client.refused ?? row.client.cut ?? "");
  const reading = await readAnswer(client, [method]);
  checkAnswer(reading, row.client, client);

  await checkPool(gateway, peer, row);
  await checkOther(gateway, backend, row.kept);
  // Nothing has come behind it meanwhile; and where the client's connection goes on, so do its answers.
  if (row.client.cut !== undefined || ends) await client.ended();
  else await checkNext(gateway, backend, client, method, rest);
  for (const { received } of gateway.clients) assert.doesNotMatch(received, /evil/);
}

/** Writes, and waits until the gateway has read it, unless it has given the connection up. */
async function send(gateway: Stage, peer: RawPeer, piece: string): Promise<void> {
  const { network } = gateway.host;
  const until = network.read + piece.length;
  peer.write(piece);
  await eventually(() => network.read >= until || network.opened === 0, "the service's bytes are read");
}

/** Reads until all answers are there, or the connection has ended. */
async function readAnswer(client: RawPeer, methods: readonly string[]): Promise<ClientReading> {
  const read = (): ClientReading => readClientBytes(client.received, methods, client.fate);
  await eventually(
    () => client.fate !== "open" || read().responses.length === methods.length,
    "an answer, or the end of the connection",
  );
  return read();
}

function checkAnswer(reading: ClientReading, expected: Expected, client: RawPeer): void {
  const { responses, begun } = reading;
  if (expected.cut !== undefined) {
    assert.equal(responses.length, 0, "what is cut short does not look whole");
    assert.notEqual(client.fate, "open");
    const came = begun?.body ?? "";
    assert.ok(
      expected.body === undefined || expected.body.startsWith(came),
      `${JSON.stringify(came)} is no beginning of ${JSON.stringify(expected.body)}`,
    );
    return;
  }
  assert.equal(responses.length, 1);
  const [response] = responses;
  if (expected.refused !== undefined) checkRefusal(response!, expected.refused);
  else checkPassedOn(response!, expected);
}

function checkRefusal(response: ClientResponse, code: string): void {
  assert.equal(response.status, 502);
  assert.deepEqual(valuesOf(response.fields, "content-type"), ["application/problem+json"]);
  assert.deepEqual(valuesOf(response.fields, "set-cookie"), []);
  if (response.body !== "") assert.equal(JSON.parse(response.body).code, code);
}

function checkPassedOn(response: ClientResponse, expected: Expected): void {
  assert.equal(response.status, expected.status);
  if (expected.body !== undefined) assert.equal(response.body, expected.body);
  assert.deepEqual(
    response.interims.map(({ status }) => status),
    expected.interims ?? [],
  );
  assert.deepEqual(
    response.trailers.map(([name, value]) => `${name}: ${value}`),
    expected.trailers ?? [],
  );
  for (const [name, values] of Object.entries(expected.fields ?? {}))
    assert.deepEqual(valuesOf(response.fields, name), values, name);
  for (const name of ["date", "via", "x-request-id"])
    assert.equal(valuesOf(response.fields, name).length, 1, name);
}

async function checkPool(gateway: Stage, peer: RawPeer, row: ServiceCase): Promise<void> {
  const { network } = gateway.host;
  if (row.kept || row.idle !== undefined) assert.equal(network.opened, 1, "the connection is kept");
  if (row.idle !== undefined) await send(gateway, peer, row.idle);
  if (!row.kept) await eventually(() => network.opened === 0, "the connection is destroyed");
}

/** Another client's request goes over the same connection or a new one, as it must, and has its own answer. */
async function checkOther(gateway: Stage, backend: RawService, kept: boolean): Promise<void> {
  const other = await gateway.client();
  other.write("GET /other HTTP/1.1\r\nhost: a\r\n\r\n");
  const served = await answer(backend, "GET /other ", "other");
  assert.equal(served, kept ? 0 : 1, "the connection that the next request went over");
  const { responses } = await readAnswer(other, ["GET"]);
  assert.equal(responses.length, 1);
  assert.equal(responses[0]!.body, "other");
}

async function checkNext(
  gateway: Stage,
  backend: RawService,
  client: RawPeer,
  method: string,
  rest: string,
): Promise<void> {
  client.write(`${rest}GET /next HTTP/1.1\r\nhost: a\r\n\r\n`);
  await answer(backend, "GET /next ", "next");
  const { responses } = await readAnswer(client, [method, "GET"]);
  assert.equal(responses.length, 2);
  assert.equal(responses[1]!.body, "next");
  assert.equal(gateway.done.length, 3);
}

/** Answers the request that begins so, on whichever connection it comes: its place among all that were opened. */
async function answer(backend: RawService, begins: string, body: string): Promise<number> {
  const place = (): number => backend.connections.findIndex(({ received }) => received.startsWith(begins));
  await eventually(() => place() !== -1, begins);
  const at = place();
  const peer = backend.connections[at]!;
  await peer.take("\r\n\r\n");
  peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return at;
}
