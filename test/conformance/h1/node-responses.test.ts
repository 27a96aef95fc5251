import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { Duplex } from "node:stream";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { HeaderList } from "../../../src/http/headers.ts";
import { applyConnection } from "../../../src/http/h1/framing.ts";
import { BAD_RESPONSE } from "../../../src/http/refusals.ts";
import { mutated } from "./mutations.ts";
import { HOP_BY_HOP, readResponse } from "./readings.ts";
import { ACCEPTED_RESPONSES, REFUSED_RESPONSES } from "./response-cases.ts";

interface Comparable {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
}

/** The answer as Node's own client reads it from a stream in memory; undefined when it refuses, or is cut short. */
function readByNode(method: string, bytes: string): Promise<Comparable | undefined> {
  const { promise, resolve } = Promise.withResolvers<Comparable | undefined>();
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const request = httpRequest({
    method,
    createConnection: () => stream,

    maxHeaderSize: 65_536,
  });
  request.on("error", () => resolve(undefined));
  request.on("upgrade", () => resolve(undefined));
  request.on("response", (response) => {
    const headers = new HeaderList();
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      const name = response.rawHeaders[i]!.toLowerCase();
      if (!HOP_BY_HOP.has(name)) headers.append(name, response.rawHeaders[i + 1]!);
    }
    let body = "";
    response.setEncoding("latin1");
    response.on("data", (text: string) => (body += text));
    response.on("error", () => resolve(undefined));
    response.on("end", () => {
      applyConnection(response.headers.connection, 1, headers, BAD_RESPONSE);
      resolve({ status: response.statusCode!, fields: headers.fields, body });
    });
  });
  request.end(() => {
    stream.push(Buffer.from(bytes, "latin1"));
    stream.push(null);
  });
  return promise;
}

/** What we take for a whole answer, Node must take for the same one. */
async function compare(method: string, bytes: string): Promise<number> {
  const { complete, surplus } = readResponse(bytes, { method, fin: true });
  const [ours] = complete;
  if (ours === undefined) return 0;
  // Node drops the answer with the surplus that comes after it; we drop the connection.
  const theirs = await readByNode(method, bytes.slice(0, bytes.length - surplus.length));
  // Framing fields in trailers, and framing fields of an answer that has no body, are refused by Node and dropped by us.
  if (theirs === undefined && (ours.head.status === 204 || FRAMING_IN_TRAILERS.test(bytes))) return 0;
  const { status, headers } = ours.head;
  assert.deepEqual(
    theirs,
    { status, fields: headers.fields.filter(isCompared), body: ours.body },
    JSON.stringify(bytes),
  );
  return 1;
}

const FRAMING_IN_TRAILERS = /\r\n0+\r\n(?:[^\r\n]+\r\n)*(?:content-length|transfer-encoding):/i;

/** Host and Expect mean nothing in a response and are passed on. */
function isCompared(_field: string, index: number, fields: readonly string[]): boolean {
  return !HOP_BY_HOP.has(fields[index - (index % 2)]!);
}

void suite("Answers that we accept, Node's own client accepts and reads the same way", () => {
  for (const { what, bytes, method = "GET" } of ACCEPTED_RESPONSES) {
    void test(what, async () => void (await compare(method, bytes)));
  }

  void test("mutated answers", async () => {
    const answers = mutated(
      ACCEPTED_RESPONSES.map(({ bytes }) => bytes),
      REFUSED_RESPONSES.map(([, bytes]) => bytes),
    );
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("GET", "HEAD"), answers, async (method, bytes) => {
        compared += await compare(method, bytes);
      }),
      { numRuns: 4000 },
    );
    assert.ok(compared > 700, `only ${compared} answers were accepted by both`);
  });
});
