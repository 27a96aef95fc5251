import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedHash } from "./keyed-hash.ts";

/** The published vectors of HalfSipHash-2-4 with 64 bits: key 00 01 .. 07, message 00 01 02 .. of so many bytes. */
const vectors: readonly [bytes: number, hash: string][] = [
  [0, "218d1f59b9b83cc8"],
  [4, "d5e78a175be52ea1"],
  [8, "edfee820bce4858c"],
  [12, "7bc71f9faef5c799"],
  [16, "7336aad25f7bf3b5"],
  [60, "d6762890bf26e460"],
];

for (const [bytes, expected] of vectors) {
  test(`hashes ${bytes} bytes as the reference does`, () => {
    const hash = new KeyedHash(0x03020100, 0x07060504);
    hash.begin();
    const message = Buffer.from(Array.from({ length: bytes }, (_, i) => i));
    for (let at = 0; at < bytes; at += 4) hash.number(message.readInt32LE(at));
    hash.end();
    const output = Buffer.alloc(8);
    output.writeUInt32LE(hash.high, 0);
    output.writeUInt32LE(hash.low, 4);
    assert.equal(output.toString("hex"), expected);
  });
}

test("texts are fields with a length: moving the border between two makes another key", () => {
  const seen = new Set<string>();
  const splits = [
    ["abc", ""],
    ["ab", "c"],
    ["a", "bc"],
    ["", "abc"],
    ["abc"],
    ["abc", "", ""],
    ["ab\0", "c"],
    ["ab", "c\0"],
  ];
  for (const split of splits) {
    const hash = new KeyedHash(1, 2);
    hash.begin();
    for (const field of split) hash.text(field);
    hash.end();
    seen.add(`${hash.high}/${hash.low}`);
  }
  assert.equal(seen.size, splits.length);
});

test("another key gives other hashes", () => {
  const halves = [new KeyedHash(1, 2), new KeyedHash(1, 3), new KeyedHash(2, 2)].map((hash) => {
    hash.begin();
    hash.text("192.0.2.1");
    hash.end();
    return hash.high;
  });
  assert.equal(new Set(halves).size, 3);
});
