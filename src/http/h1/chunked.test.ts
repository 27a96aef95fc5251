import assert from "node:assert/strict";
import { test } from "node:test";
import { BAD_CHUNK } from "../refusals.ts";
import { ChunkedReader } from "./chunked.ts";
import { REQUEST_FIELDS } from "./fields.ts";

const cases: readonly (readonly [what: string, sizes: readonly number[], mostPieces: number])[] = [
  ["one chunk", [5], 1],
  ["a thousand chunks of one byte", Array.from({ length: 1000 }, () => 1), 4],
  ["large chunks, where they lie", [5000, 6000, 7000], 3],
  ["small chunks behind a large one", [5000, 1, 2, 3], 1],
  ["a large chunk behind small ones", [1, 2, 5000], 2],
];
for (const [what, sizes, mostPieces] of cases) {
  test(`chunked: ${what}`, () => {
    const reader = new ChunkedReader(BAD_CHUNK, REQUEST_FIELDS, { headBytes: 1024, headerCount: 8 });
    const datas = sizes.map((size, index) => String.fromCharCode(0x61 + (index % 26)).repeat(size));
    const coded = datas.map((data) => `${data.length.toString(16)}\r\n${data}\r\n`).join("");
    const bytes = Buffer.from(`${coded}0\r\n\r\nGET`);
    let pieces = 0;
    let body = "";
    let position = 0;
    reader.begin();
    while (!reader.done) {
      position = reader.read(bytes, position, bytes.length, {
        body(piece, start, end) {
          pieces++;
          body += Buffer.from(piece.subarray(start, end)).toString("latin1");
        },
        bodyEnd: () => {},
      });
    }
    assert.equal(body, datas.join(""));
    assert.equal(bytes.toString("latin1", position), "GET");
    assert.ok(pieces <= mostPieces, `${pieces} pieces`);
  });
}
