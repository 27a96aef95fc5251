import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsSecret, redact } from "./redact.ts";

const KEY = "sk_live_4fZyO82m1KxQ_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3qKrJq";

test("of an API key the public part stays", () => {
  assert.equal(redact(`no ${KEY}.`), "no sk_live_4fZyO82m1KxQ_***.");
  assert.ok(holdsSecret(KEY));
  for (const harmless of ["sk_live_4fZyO82m1KxQ", "an_ordinary_name_of_a_function", KEY.slice(0, -1)])
    assert.equal(redact(harmless), harmless);
});

test("text without end that looks like the beginning of a key is read once", () => {
  const text = "a_".repeat(100_000);
  assert.equal(redact(text), text);
});

test("of a hash of argon2 neither salt nor tag stays, also where the rest is cut off", () => {
  const hash =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0b2hhdmU$ZkKCxXmbbTcJDLO7lA0pVZVCHHGM8gZd2qAxcXFHxmA";
  assert.equal(redact(hash), "$argon2id$v=19$m=19456,t=2,p=1$***");
  assert.equal(redact(`"${hash.slice(27)}"`), '"p=1$***"');
  assert.ok(holdsSecret(hash));
});

test("peppers are secrets, whatever they look like", () => {
  for (const name of ["pepper", "oldPeppers"])
    assert.equal(redact(`${name}: "plain words"`), `${name}: "***"`);
});
