import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret, parseSecretHash, type SecretHash } from "./secret-hash.ts";
import { StandIns } from "./stand-ins.ts";

const hashes = await Promise.all(
  ["a", "b", "c"].map(async (secret) => parseSecretHash(await hashSecret(secret)) as SecretHash),
);
const names = Array.from({ length: 300 }, (_, i) => `user-${100 + i}`);

test("each hash stands in for some names of one length, and always for the same ones", () => {
  const standIns = new StandIns(hashes);
  const chosen = names.map((name) => standIns.for(name)!);
  for (const hash of hashes) {
    const share = chosen.filter((other) => other === hash).length;
    assert.ok(share > 60 && share < 140, String(share));
  }
  const again = new StandIns(hashes);
  assert.deepEqual(
    names.map((name) => again.for(name)!.tag),
    chosen.map(({ tag }) => tag),
  );
});

test("which one stands in cannot be told without the hashes", () => {
  const own = new StandIns(hashes);
  const [first, ...rest] = hashes;
  const others = new StandIns([{ ...first!, tag: first!.tag.toReversed() }, ...rest]);
  const index = (standIns: StandIns, name: string): number =>
    hashes.findIndex(({ salt }) => salt === standIns.for(name)!.salt);
  const same = names.filter((name) => index(own, name) === index(others, name)).length;
  assert.ok(same < 200, String(same));
});

test("nothing stands in where there is nothing", () => assert.equal(new StandIns([]).for("a"), undefined));
