import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret, parseSecretHash, verifySecret, type SecretHash } from "./secret-hash.ts";

function parse(phc: string): SecretHash {
  const hash = parseSecretHash(phc);
  assert.ok(typeof hash !== "string", "the hash can be read");
  return hash;
}

test("a secret fits its own hash and no other does; two hashes of one secret differ", async () => {
  const [first, second] = [await hashSecret("sécret"), await hashSecret("sécret")];
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(first, second);
  assert.ok(await verifySecret("sécret", parse(first)));
  assert.ok(!(await verifySecret("secret", parse(first))));
  assert.ok(!(await verifySecret("", parse(first))));
});

test("the parameters of a hash are its own", () => {
  const salt = Buffer.alloc(16, 1).toString("base64").replaceAll("=", "");
  const tag = Buffer.alloc(24, 2).toString("base64");
  const hash = parse(`$argon2id$v=19$m=65536,t=3,p=4$${salt}$${tag}`);
  assert.deepEqual([hash.memoryKib, hash.passes, hash.parallelism], [65536, 3, 4]);
  assert.deepEqual([hash.salt.length, hash.tag.length], [16, 24]);
});
