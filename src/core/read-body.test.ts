import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN_LENGTH } from "../http/head.ts";
import { bodyOf, testExchange } from "../testing/exchange.ts";
import { readWholeBody } from "./read-body.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test("no body is empty at once, and nothing is asked of the client", async () => {
  const x = testExchange();
  assert.equal((await readWholeBody(x, 10)).length, 0);
  assert.equal(bodyOf(x).sink, undefined);
});

for (const bodyLength of [10, UNKNOWN_LENGTH]) {
  test(`a body of ${bodyLength} bytes is gathered, whatever becomes of the bytes after each call`, async () => {
    const x = testExchange({ bodyLength });
    const reading = readWholeBody(x, 10);
    const { sink } = bodyOf(x);
    const shared = Buffer.from("..01234..");
    assert.equal(sink!.body(shared, 2, 7), true);
    shared.write("..56789..");
    assert.equal(sink!.body(shared, 2, 7), true);
    shared.fill(0);
    sink!.bodyEnd(undefined);
    assert.equal(text(await reading), "0123456789");
  });
}

test("a body that grows byte by byte is gathered, too", async () => {
  const x = testExchange({ bodyLength: UNKNOWN_LENGTH });
  const reading = readWholeBody(x, 5000);
  const { sink } = bodyOf(x);
  for (let i = 0; i < 5000; i += 1) assert.ok(sink!.body(Buffer.from("ab"), i % 2, (i % 2) + 1));
  sink!.bodyEnd(undefined);
  assert.equal(text(await reading), "ab".repeat(2500));
});

test("one byte more than allowed is too large: declared, or as it comes", async () => {
  await assert.rejects(readWholeBody(testExchange({ bodyLength: 11 }), 10), { reason: "too-large" });
  const x = testExchange({ bodyLength: UNKNOWN_LENGTH });
  const reading = readWholeBody(x, 10);
  const { sink } = bodyOf(x);
  assert.equal(sink!.body(Buffer.alloc(10), 0, 10), true);
  assert.equal(sink!.body(Buffer.alloc(1), 0, 1), false);
  assert.equal(sink!.body(Buffer.alloc(1), 0, 1), false);
  sink!.bodyEnd(undefined);
  await assert.rejects(reading, { reason: "too-large" });
});

test("a body that breaks off is told", async () => {
  const x = testExchange({ bodyLength: 10 });
  const reading = readWholeBody(x, 10);
  const { sink } = bodyOf(x);
  sink!.body(Buffer.alloc(5), 0, 5);
  sink!.bodyAborted();
  await assert.rejects(reading, { name: "BodyError", reason: "aborted" });
});
