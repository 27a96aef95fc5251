import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { digestKey, makeKey, PREFIX, publicIdOf, readHash, STORED_HASH, writeHash } from "./key-format.ts";

const KEY = "pk_4fZyO82m1KxQ_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF";

test("a new key has its prefix, an id and a checksum, and no two are the same", () => {
  const keys = Array.from({ length: 200 }, () => makeKey("sk_live"));
  for (const key of keys) {
    assert.match(key, /^sk_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
    assert.equal(publicIdOf(key), key.slice(0, 20));
  }
  assert.equal(new Set(keys).size, 200);
  assert.equal(new Set(keys.map((key) => key.slice(0, 20))).size, 200);
  // Every character occurs, so that none of the secret's bits is lost.
  assert.equal(new Set(keys.map((key) => key.slice(21)).join("")).size, 62);
});

test("the checksum is CRC-32 in base 62, as that of GitHub's tokens is", () => {
  assert.equal(publicIdOf(`${KEY}3qKrJq`), "pk_4fZyO82m1KxQ");
  // With zeros before it.
  assert.equal(publicIdOf("pk_000000000000_00000000000000000000000000000106003eGP"), "pk_000000000000");
});

test("every key with one character changed, missing or added is refused", () => {
  const key = makeKey("pk");
  for (let i = 0; i < key.length; i++) {
    const other = key[i] === "a" ? "b" : "a";
    for (const changed of [
      key.slice(0, i) + other + key.slice(i + 1),
      key.slice(0, i) + key.slice(i + 1),
      key.slice(0, i) + other + key.slice(i),
    ]) {
      assert.equal(publicIdOf(changed), undefined, changed);
    }
  }
});

const noKeys: readonly string[] = [
  "",
  "_",
  "__proto__",
  "constructor",
  "pk__",
  `${KEY}3qKrJ`,
  ` ${makeKey("pk")}`,
  `${makeKey("pk")}\n`,
  `${makeKey("pk")}\0`,
  makeKey("PK"),
  makeKey("1pk"),
  makeKey(""),
  makeKey("a".repeat(21)),
  makeKey("pké"),
  makeKey("pk").replaceAll("_", "-"),
  "x".repeat(1_000_000),
  `${"_".repeat(100_000)}x`,
];
for (const [i, text] of noKeys.entries()) {
  test(`${JSON.stringify(text.slice(0, 60))} is no key (${i})`, () =>
    assert.equal(publicIdOf(text), undefined));
}

test("the longest prefix there is makes a key", () => {
  const prefix = `a${"_".repeat(19)}`;
  assert.match(prefix, PREFIX);
  assert.equal(publicIdOf(makeKey(prefix))?.length, 33);
});

test("a digest depends on all of the key and on the pepper, and reads as it was written", () => {
  const pepper = createSecretKey(Buffer.alloc(32, 1));
  const key = makeKey("pk");
  const digest = digestKey(pepper, key);
  const text = writeHash(digest);
  assert.match(text, STORED_HASH);
  assert.deepEqual(readHash(text), digest);
  assert.notDeepEqual(digestKey(pepper, `sk${key.slice(2)}`), digest);
  assert.notDeepEqual(digestKey(createSecretKey(Buffer.alloc(32, 2)), key), digest);
});
