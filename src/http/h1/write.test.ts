import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { UNKNOWN_LENGTH } from "../head.ts";
import { HeaderList } from "../headers.ts";
import { DEFAULT_LIMITS } from "./request-parser.ts";
import { ResponseParser } from "./response-parser.ts";
import { chunkHeadText, lastChunkText, NO_FRAMING, responseHeadText, statusLine } from "./write.ts";

const headers = new HeaderList(["a", "1", "a", "2"]);

void test("heads are written with framing of our own", () => {
  assert.equal(
    responseHeadText(200, headers, 5, "via: 1.1 x\r\n"),
    "HTTP/1.1 200 OK\r\na: 1\r\na: 2\r\nvia: 1.1 x\r\ncontent-length: 5\r\n\r\n",
  );
  assert.equal(
    responseHeadText(404, headers, UNKNOWN_LENGTH, ""),
    "HTTP/1.1 404 Not Found\r\na: 1\r\na: 2\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  assert.equal(responseHeadText(204, new HeaderList(), NO_FRAMING, ""), "HTTP/1.1 204 No Content\r\n\r\n");
  assert.equal(
    responseHeadText(200, new HeaderList(), 0, ""),
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  );
  assert.equal(statusLine(299), "HTTP/1.1 299 \r\n");
});

void test("chunks", () => {
  assert.equal(chunkHeadText(255), "ff\r\n");
  assert.equal(lastChunkText(undefined), "0\r\n\r\n");
  assert.equal(lastChunkText(headers), "0\r\na: 1\r\na: 2\r\n\r\n");
});

void test("what is written is read back: same fields, nothing more", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((name) => `x-${name}`);
  const value = fc
    .array(fc.nat(255).map((byte) => String.fromCharCode(byte)))
    .map((characters) => characters.filter((character) => /[\t\x20-\x7e\x80-\xff]/.test(character)).join(""));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 10 }), (fields) => {
      const written = new HeaderList(fields.flat());
      const expected = fields.flatMap(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, "")]);
      const read: string[][] = [];
      const response = Buffer.from(responseHeadText(200, written, 0, ""), "latin1");
      const responses = new ResponseParser(DEFAULT_LIMITS, {
        interim() {},
        head: (head) => read.push(head.headers.fields),
        body() {},
        bodyEnd() {},
      });
      responses.expect("GET");
      assert.equal(responses.parse(response, 0, response.length), response.length);
      assert.deepEqual(read, [expected]);
    }),
    { numRuns: 500 },
  );
});
