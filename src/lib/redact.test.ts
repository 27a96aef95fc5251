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

test("peppers are secrets, whatever they look like", () => {
  for (const name of ["pepper", "oldPeppers"])
    assert.equal(redact(`${name}: "plain words"`), `${name}: "***"`);
});
