import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentTokens } from "./recent-tokens.ts";

const token = `${"a".repeat(40)}.${"b".repeat(41)}.${"c".repeat(43)}`;

test("a token is found by all of its characters, and by nothing less", () => {
  for (let length = 8; length < 60; length++) {
    const tokens = new RecentTokens<number>(8);
    const kept = token.slice(0, length);
    tokens.set(kept, 1);
    assert.equal(tokens.get(kept), 1);
    assert.equal(tokens.get(`${kept}c`), undefined);
    assert.equal(tokens.get(kept.slice(1)), undefined);
    for (let i = 0; i < length; i++) {
      const changed = `${kept.slice(0, i)}x${kept.slice(i + 1)}`;
      assert.equal(tokens.get(changed), undefined, `${length} characters, changed at ${i}`);
      // The same low byte, or the bytes of another character.
      assert.equal(tokens.get(`${kept.slice(0, i)}\u0161${kept.slice(i + 1)}`), undefined);
    }
  }
});

test("a token of another length that was looked for before leaves nothing behind", () => {
  const tokens = new RecentTokens<number>(1);
  tokens.set("12345678", 1);
  assert.equal(tokens.get("x".repeat(100)), undefined);
  assert.equal(tokens.get("12345678"), 1);
  tokens.set("123456789", 2);
  tokens.get("y".repeat(12));
  assert.equal(tokens.get("123456789"), 2);
});

test("of two tokens for one slot the later one is kept", () => {
  const tokens = new RecentTokens<number>(1);
  tokens.set(`${token}1`, 1);
  tokens.set(`${token}2`, 2);
  assert.equal(tokens.get(`${token}1`), undefined);
  assert.equal(tokens.get(`${token}2`), 2);
  tokens.delete(`${token}1`);
  assert.equal(tokens.get(`${token}2`), 2);
  tokens.delete(`${token}2`);
  assert.equal(tokens.get(`${token}2`), undefined);
});

test("tokens spread over the slots", () => {
  const tokens = new RecentTokens<number>(1024);
  const many = Array.from(
    { length: 500 },
    (_, i) => `head.body.${Buffer.from(`signature ${i * 7919}`).toString("base64url")}`,
  );
  for (const [i, one] of many.entries()) tokens.set(one, i);
  const kept = many.filter((one, i) => tokens.get(one) === i).length;
  assert.ok(kept > 300, String(kept));
});

test("what is too long or too short is not kept, and without slots nothing is", () => {
  const tokens = new RecentTokens<number>(8);
  for (const one of ["", "1234567", "x".repeat(2049)]) {
    tokens.set(one, 1);
    assert.equal(tokens.get(one), undefined);
    tokens.delete(one);
  }
  tokens.set("x".repeat(2048), 1);
  assert.equal(tokens.get("x".repeat(2048)), 1);
  const none = new RecentTokens<number>(0);
  none.set(token, 1);
  assert.equal(none.get(token), undefined);
  none.delete(token);
});
