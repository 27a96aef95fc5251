import assert from "node:assert/strict";
import { test } from "node:test";
import { borrowBuffer, giveBackBuffer } from "./spare-buffers.ts";

test("what was given back is lent again, to one at a time", () => {
  const first = borrowBuffer(5000);
  assert.equal(first.length, 8192);
  giveBackBuffer(first);
  assert.equal(borrowBuffer(8192), first);
  assert.notEqual(borrowBuffer(8192), first);
});

for (const length of [0, 1, 2047, 2048, 4096, 4097, 65_536, 65_537, 1_000_000]) {
  test(`a buffer for ${length} bytes has room for them`, () => {
    const buffer = borrowBuffer(length);
    assert.ok(buffer.length >= length);
    giveBackBuffer(buffer);
  });
}

test("pieces of others are not lent", () => {
  const piece = Buffer.allocUnsafeSlow(16_384).subarray(0, 8192);
  giveBackBuffer(piece);
  assert.notEqual(borrowBuffer(8192), piece);
});

test("no more is kept than a flood needs", () => {
  const buffers = Array.from({ length: 100 }, () => borrowBuffer(65_536));
  assert.equal(new Set(buffers).size, 100);
  for (const buffer of buffers) giveBackBuffer(buffer);
  const again = Array.from({ length: 100 }, () => borrowBuffer(65_536));
  assert.equal(again.filter((buffer) => buffers.includes(buffer)).length, 32);
});
