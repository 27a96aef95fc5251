import assert from "node:assert/strict";
import { test } from "node:test";
import { HASH_START, hashByte, headerName, ROLE_HOST, ROLE_NONE } from "./header-names.ts";

function lookUp(spelling: string) {
  const bytes = Buffer.from(`<${spelling}>`, "latin1");
  let hash = HASH_START;
  for (const byte of bytes.subarray(1, -1)) hash = hashByte(hash, byte);
  return headerName(bytes, 1, bytes.length - 1, hash);
}

void test("names are told in lower case, whatever was looked up before", () => {
  const spellings = Array.from({ length: 20_000 }, (_, index) => `X-${index.toString(36)}-${index % 7}`);
  for (const round of [1, 2]) {
    for (const spelling of spellings) {
      assert.equal(lookUp(spelling).lower, spelling.toLowerCase(), `round ${round}`);
      assert.equal(lookUp(spelling).lower, spelling.toLowerCase(), `round ${round}, known`);
    }
  }
  assert.deepEqual([lookUp("HOST").lower, lookUp("HOST").role], ["host", ROLE_HOST]);
});

void test("names with one hash are not taken for each other", () => {
  // 31 * "A" + "B" is 31 * "B" + "#": every swap of such pairs keeps the hash.
  assert.equal(lookUp("x-AB").lower, "x-ab");
  assert.equal(lookUp("x-B#").lower, "x-b#");
  assert.equal(lookUp("x-AB").lower, "x-ab");
});

void test("long names are read and not kept", () => {
  const long = "A".repeat(10_000);
  assert.equal(lookUp(long).lower, long.toLowerCase());
  assert.equal(lookUp(long).role, ROLE_NONE);
  assert.notEqual(lookUp(long), lookUp(long));
  assert.equal(lookUp("Accept"), lookUp("Accept"));
});

void test("names are known by what they were, not by what their memory has become", () => {
  const tokens = Array.from({ length: 4000 }, (_, index) => `t${index.toString(36).padStart(6, "x")}`);
  // Every read lands in the same memory.
  const memory = Buffer.alloc(7);
  for (const token of tokens) {
    memory.write(token, "latin1");
    let hash = HASH_START;
    for (const byte of memory) hash = hashByte(hash, byte);
    assert.equal(headerName(memory, 0, memory.length, hash).lower, token);
  }
});
