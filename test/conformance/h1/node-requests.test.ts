import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { createServer, METHODS } from "node:http";
import { duplexPair } from "node:stream";
import { after, suite, test } from "node:test";
import * as fc from "fast-check";
import { HeaderList } from "../../../src/http/headers.ts";
import { applyConnection } from "../../../src/http/h1/framing.ts";
import { splitTarget } from "../../../src/http/h1/request-line.ts";
import { BAD_HEADER } from "../../../src/http/refusals.ts";
import { mutatedRequests } from "./mutations.ts";
import type { ReadHead, Reading } from "./readings.ts";
import { HOP_BY_HOP, readRequests } from "./readings.ts";
import { ACCEPTED_REQUESTS } from "./request-cases.ts";

/** A request as it is compared, whichever parser has read it. */
interface Comparable {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version: string;
  readonly fields: readonly string[];
  readonly body: string;
}

/** Node's own server, reading from streams in memory: its parser without sockets. */
const server = createServer({
  maxHeaderSize: 65_536,
  requestTimeout: 0,
  headersTimeout: 0,
  connectionsCheckingInterval: 0x7fffffff,
});
server.maxHeadersCount = 0;
after(() => server.close());

function fromNode(request: IncomingMessage, body: string): Comparable {
  const headers = new HeaderList();
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!.toLowerCase();
    if (!HOP_BY_HOP.has(name)) headers.append(name, request.rawHeaders[i + 1]!);
  }
  applyConnection(request.headers.connection, 1, headers, BAD_HEADER);
  const { path, query } = splitTarget(request.method!, request.url!, false);
  return {
    method: request.method!,
    path,
    query,
    version: request.httpVersion,
    fields: headers.fields,
    body,
  };
}

function fromOurs({ head, body }: Reading<ReadHead>): Comparable {
  const { method, path, query, version, headers } = head;
  return { method, path, query, version, fields: headers.fields, body };
}

/** The requests that Node reads to their end, in order; as functions, because only those that we accept have a canonical path. */
async function readByNode(bytes: string): Promise<(() => Comparable)[]> {
  const [client, served] = duplexPair();
  const read: (() => Comparable)[] = [];
  const take = (request: IncomingMessage, response: { end(): void }) => {
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      read.push(() => fromNode(request, body));
      response.end();
    });
  };
  taking.set(served, take);
  const closed = new Promise<void>((resolve) => served.on("close", resolve));
  server.emit("connection", served);
  client.on("error", () => {});
  client.resume();
  client.end(Buffer.from(bytes, "latin1"));
  await closed;
  return read;
}

type Take = (request: IncomingMessage, response: { end(): void }) => void;
const taking = new WeakMap<object, Take>();
const dispatch: Take = (request, response) => taking.get(request.socket)!(request, response);
server.on("request", dispatch);
server.on("checkContinue", dispatch);
// Not at once: what was read before the violation is still on its way to the request.
server.on("clientError", (_error, socket) => setImmediate(() => socket.destroy()));

const FRAMING_IN_TRAILERS = /\r\n0+\r\n(?:[^\r\n]+\r\n)*(?:content-length|transfer-encoding):/i;

/** We may stop earlier than Node, and what we have read until then Node must have read the same way. */
async function compare(bytes: string): Promise<number> {
  const ours = readRequests(bytes).complete;
  // Node knows a list of methods, we any token. After a request that asks for an upgrade, Node reads no other.
  const comparable: Reading<ReadHead>[] = [];
  for (const reading of ours) {
    if (!METHODS.includes(reading.head.method)) break;
    comparable.push(reading);
    if (reading.head.upgrade !== "" || reading.head.version === "1.0") break;
  }
  if (comparable.length === 0) return 0;
  const theirs = await readByNode(bytes);
  // Framing fields in trailers are refused by Node and dropped by us: the message that goes on is written anew.
  if (theirs.length < comparable.length && FRAMING_IN_TRAILERS.test(bytes)) return 0;
  assert.deepEqual(
    theirs.slice(0, comparable.length).map((read) => read()),
    comparable.map(fromOurs),
    JSON.stringify(bytes),
  );
  return comparable.length;
}

void suite("What we accept, Node's own parser accepts and reads the same way", () => {
  for (const { what, bytes } of ACCEPTED_REQUESTS) void test(what, async () => void (await compare(bytes)));

  void test("mutated requests", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(mutatedRequests, async (bytes) => {
        compared += await compare(bytes);
      }),
      { numRuns: 6000 },
    );
    // A comparison of nothing would prove nothing.
    assert.ok(compared > 1000, `only ${compared} requests were accepted by both`);
  });
});
