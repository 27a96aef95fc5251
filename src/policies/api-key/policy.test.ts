import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { testExchange } from "../../testing/exchange.ts";
import { makeKey } from "./key-format.ts";
import { apiKeyPolicy } from "./policy.ts";
import { apiKeyConfig } from "./schema.ts";
import { ask, askFor, createPolicy, newKey, PEPPER } from "./testing.ts";
import { testAround } from "../../testing/around.ts";

const alice = newKey({ plan: "pro", scopes: ["read", "write"], claims: { team: "a", seats: 3 } });
const bob = newKey({ owner: "bob" }, "sk_live");
const keys = [alice.entry, bob.entry];

test("a listed key passes, and says who is calling", () => {
  const { policy } = createPolicy({ keys });
  const { x, code } = ask(policy, { headers: { "x-api-key": alice.key } });
  assert.equal(code, "");
  assert.deepEqual(
    { ...x.caller, claims: { ...x.caller?.claims } },
    {
      kind: "apiKey",
      id: "alice",
      plan: "pro",
      scopes: ["read", "write"],
      claims: { team: "a", seats: 3, keyId: alice.entry.id },
    },
  );
  assert.ok(
    Object.isFrozen(x.caller) && Object.isFrozen(x.caller?.claims) && Object.isFrozen(x.caller?.scopes),
  );
  assert.equal(Object.getPrototypeOf(x.caller?.claims), null);
  const other = ask(policy, { headers: { "x-api-key": bob.key } }).x.caller;
  assert.deepEqual([other?.id, other?.plan, other?.scopes], ["bob", undefined, []]);
});

const refused: readonly (readonly [what: string, key: string | undefined, code: string])[] = [
  ["no key", undefined, "apiKey.missing"],
  ["an empty key", "", "apiKey.missing"],
  ["a key that is not listed", makeKey("pk"), "apiKey.unknown"],
  ["the id of one key with the secret of another", withId(makeKey("pk"), alice.entry.id), "apiKey.malformed"],
  ["a mistyped key", `${alice.key.slice(0, -1)}${alice.key.endsWith("0") ? "1" : "0"}`, "apiKey.malformed"],
  ["a key in another case", alice.key.toUpperCase(), "apiKey.malformed"],
  ["the public part alone", alice.entry.id, "apiKey.malformed"],
  ["the stored hash", alice.entry.hash, "apiKey.malformed"],
  ["two keys in one value", `${alice.key}, ${bob.key}`, "apiKey.malformed"],
  ["a blank behind it", `${alice.key} `, "apiKey.malformed"],
  ["bytes beyond ASCII", `${alice.key}\xff`, "apiKey.malformed"],
  ["NUL", `${alice.key}\0`, "apiKey.malformed"],
  ["a name of the prototype", "__proto__", "apiKey.malformed"],
  ["a huge value", "x".repeat(1_000_000), "apiKey.malformed"],
];
for (const [what, key, code] of refused) {
  test(`refuses ${what} (${code})`, () => {
    const { policy } = createPolicy({ keys });
    const outcome = ask(policy, { headers: key === undefined ? {} : { "x-api-key": key } });
    assert.equal(outcome.code, code);
    assert.equal(outcome.x.caller, undefined);
    assert.equal(outcome.challenge, 'ApiKey realm="portcullis", in="header", name="x-api-key"');
  });
}

function withId(key: string, id: string): string {
  return id + key.slice(id.length);
}

test("a key with a right checksum, a known id and a wrong secret is unknown", () => {
  const { policy } = createPolicy({ keys });
  // The only way to such a key is to make keys until one has the id; so the entry is given another key's id.
  const other = newKey();
  const mixed = createPolicy({ keys: [{ ...other.entry, hash: alice.entry.hash }] }).policy;
  assert.equal(ask(mixed, { headers: { "x-api-key": other.key } }).code, "apiKey.unknown");
  assert.equal(ask(policy, { headers: { "x-api-key": other.key } }).code, "apiKey.unknown");
});

test("the pepper is part of it", () => {
  const { policy } = createPolicy({ keys, pepper: "another pepper of thirty-two bytes or more" });
  assert.equal(ask(policy, { headers: { "x-api-key": alice.key } }).code, "apiKey.unknown");
});

const OTHER = "another pepper of thirty-two bytes or more";
const THIRD = "a third pepper of thirty-two bytes or more";
const peppers: readonly (readonly [pepper: string, oldPeppers: readonly string[], passes: boolean])[] = [
  [OTHER, [PEPPER], true],
  [OTHER, [THIRD, PEPPER], true],
  [PEPPER, [OTHER, THIRD], true],
  [OTHER, [THIRD], false],
];
for (const [pepper, oldPeppers, passes] of peppers) {
  test(`a key ${passes ? "passes" : "does not pass"} that was hashed with one of ${oldPeppers.length} peppers of before, or now: ${pepper === PEPPER}`, () => {
    const { policy } = createPolicy({ keys, pepper, oldPeppers: [...oldPeppers] });
    assert.equal(ask(policy, { headers: { "x-api-key": alice.key } }).code, passes ? "" : "apiKey.unknown");
  });
}

test("two keys are ambiguous, whether they differ or not", () => {
  const { policy } = createPolicy({ keys });
  for (const second of [alice.key, bob.key, ""]) {
    const x = testExchange({ headers: { "x-api-key": alice.key } });
    x.request.headers.append("x-api-key", second);
    assert.equal(askFor(policy, x).code, "apiKey.ambiguous");
    assert.equal(x.caller, undefined);
  }
  const { policy: byQuery } = createPolicy({ keys, from: { query: "key" } });
  const target = `/?key=${alice.key}&k%65y=${alice.key}`;
  assert.equal(ask(byQuery, { target }).code, "apiKey.ambiguous");
});

const places = [
  {
    from: undefined,
    request: { headers: { "x-api-key": alice.key } },
    challenge: 'in="header", name="x-api-key"',
  },
  {
    from: { header: "X-Shop-Key" },
    request: { headers: { "x-shop-key": alice.key } },
    challenge: 'in="header", name="x-shop-key"',
  },
  {
    from: { query: "api_key" },
    request: { target: `/?a=1&api_key=${alice.key}&b=%20` },
    challenge: 'in="query", name="api_key"',
  },
] as const;
for (const { from, request, challenge } of places) {
  test(`takes keys of ${JSON.stringify(from)} and of nowhere else`, () => {
    const { policy } = createPolicy({ keys, ...(from === undefined ? {} : { from }) });
    for (const other of places) {
      const { code, challenge: given } = ask(policy, other.request);
      assert.equal(code, from === other.from ? "" : "apiKey.missing");
      if (from !== other.from) assert.equal(given, `ApiKey realm="portcullis", ${challenge}`);
      assert.equal(policy.bears(testExchange(other.request)), from === other.from);
    }
  });

  for (const forwardKey of [false, true]) {
    test(`a key of ${JSON.stringify(from)} is ${forwardKey ? "" : "not "}passed on`, () => {
      const { policy } = createPolicy({ keys, forwardKey, ...(from === undefined ? {} : { from }) });
      const { x } = ask(policy, request);
      const sent = JSON.stringify([x.request.query, x.request.headers.fields]);
      assert.equal(sent.includes(alice.key), forwardKey, sent);
      if (from !== undefined && "query" in from && !forwardKey) assert.equal(x.request.query, "?a=1&b=%20");
    });
  }
}

test("an empty key is none that is borne", () => {
  const { policy } = createPolicy({ keys });
  assert.equal(policy.bears(testExchange({ headers: { "x-api-key": "" } })), false);
  assert.equal(policy.bears(testExchange({ headers: { "x-api-key": "nonsense" } })), true);
});

const MIDNIGHT = Date.UTC(2026, 0, 2);
const times: readonly (readonly [expires: string, untilMs: number])[] = [
  ["2026-01-02", MIDNIGHT],
  ["2026-01-02T00:00:00Z", MIDNIGHT],
  ["2026-01-02T01:00:00+01:00", MIDNIGHT],
  ["2026-01-02T00:00:00.500Z", MIDNIGHT + 500],
];
for (const [expires, untilMs] of times) {
  test(`a key that expires ${expires} passes until just before`, () => {
    const { key, entry } = newKey({ expires });
    const { policy, host } = createPolicy({ keys: [entry] });
    const headers = { "x-api-key": key };
    host.clock.advance(untilMs - host.clock.wall() - 1);
    assert.equal(ask(policy, { headers }).code, "");
    host.clock.advance(1);
    const late = ask(policy, { headers });
    assert.equal(late.code, "apiKey.expired");
    assert.equal(late.x.caller, undefined);
    host.clock.advance(86_400_000);
    assert.equal(ask(policy, { headers }).code, "apiKey.expired");
  });
}

test("a disabled key is refused, whatever its dates say; that is told to nobody else", () => {
  const { key, entry } = newKey({ disabled: true, expires: "2020-01-01" });
  const { policy } = createPolicy({ keys: [entry] });
  assert.equal(ask(policy, { headers: { "x-api-key": key } }).code, "apiKey.disabled");
  const stranger = createPolicy({ keys: [{ ...entry, hash: alice.entry.hash }] }).policy;
  assert.equal(ask(stranger, { headers: { "x-api-key": key } }).code, "apiKey.unknown");
});

test("services are told who is calling, as the config says", () => {
  const callerToHeaders = { id: "X-User-Id", plan: "x-plan", scopes: "x-scopes" };
  const { policy } = createPolicy({ keys, callerToHeaders });
  assert.deepEqual(ask(policy, { headers: { "x-api-key": alice.key } }).x.forwardHeaders, [
    "x-user-id",
    "alice",
    "x-plan",
    "pro",
    "x-scopes",
    "read write",
  ]);
  // What is not known of a caller is not told, and not told as empty.
  assert.deepEqual(ask(policy, { headers: { "x-api-key": bob.key } }).x.forwardHeaders, ["x-user-id", "bob"]);
  const config = apiKeyConfig.parse({ pepper: "x", callerToHeaders });
  assert.deepEqual(apiKeyPolicy.facts!(config, testAround()).identityHeaders, [
    "x-user-id",
    "x-plan",
    "x-scopes",
  ]);
});

test("an owner beyond ASCII is told as UTF-8", () => {
  const { key, entry } = newKey({ owner: "Zoë 🔑" });
  const { policy } = createPolicy({ keys: [entry], callerToHeaders: { id: "x-user-id" } });
  const fields = ask(policy, { headers: { "x-api-key": key } }).x.forwardHeaders;
  assert.equal(Buffer.from(fields![1]!, "latin1").toString(), "Zoë 🔑");
});

const unusable: readonly (readonly [what: string, config: object, path: readonly (string | number)[]])[] = [
  ["a short pepper", { pepper: "x".repeat(31) }, ["pepper"]],
  ["an old pepper that is short", { oldPeppers: ["y".repeat(32), "x".repeat(31)] }, ["oldPeppers", 1]],
  ["an old pepper that is the new one", { oldPeppers: ["y".repeat(32), PEPPER] }, ["oldPeppers", 1]],
  ["an old pepper twice", { oldPeppers: ["y".repeat(32), "y".repeat(32)] }, ["oldPeppers", 1]],
  ["no keys", { keys: [] }, []],
  ["a plan that is none", { keys: [bob.entry, { ...alice.entry, plan: "prro" }] }, ["keys", 1, "plan"]],
  ["a key twice", { keys: [alice.entry, bob.entry, alice.entry] }, ["keys", 2, "id"]],
  ["one header for two", { callerToHeaders: { id: "x-user", plan: "X-User" } }, ["callerToHeaders", "plan"]],
];
for (const [what, config, path] of unusable) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createPolicy({ keys, ...config }, ["pro"]),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, path);
        assert.ok(!error.message.includes(alice.entry.hash) && !error.message.includes("x".repeat(31)));
        return true;
      },
    );
  });
}

const wrong: readonly (readonly [what: string, config: object])[] = [
  ["no pepper", { pepper: undefined }],
  ["a key in place of its hash", { keys: [{ ...alice.entry, hash: alice.key }] }],
  ["a key in place of its id", { keys: [{ ...alice.entry, id: alice.key }] }],
  ["an id of the prototype", { keys: [{ ...alice.entry, id: "__proto__" }] }],
  ["an owner with a line break", { keys: [{ ...alice.entry, owner: "a\r\nb" }] }],
  ["an owner with a blank at its end", { keys: [{ ...alice.entry, owner: "a " }] }],
  ["an owner that is half a character", { keys: [{ ...alice.entry, owner: "a\ud800" }] }],
  ["an empty owner", { keys: [{ ...alice.entry, owner: "" }] }],
  ["a scope with a space", { keys: [{ ...alice.entry, scopes: ["a b"] }] }],
  ["a plan with a space", { keys: [{ ...alice.entry, plan: "a b" }] }],
  ["a day that there is not", { keys: [{ ...alice.entry, expires: "2027-02-30" }] }],
  ["a time without a zone", { keys: [{ ...alice.entry, expires: "2027-02-03T00:00:00" }] }],
  ["a time as a number", { keys: [{ ...alice.entry, expires: 1_800_000_000 }] }],
  ["a claim that is an object", { keys: [{ ...alice.entry, claims: { a: {} } }] }],
  ["a field that nobody knows", { keys: [{ ...alice.entry, role: "admin" }] }],
  ["a header that is not free", { from: { header: "Authorization" } }],
  ["a header with an underscore", { from: { header: "x_api_key" } }],
  ["two places", { from: { header: "x-api-key", query: "key" } }],
  ["no place", { from: {} }],
  ["a parameter with an escape", { from: { query: "%6bey" } }],
  ["an identity header of the connection", { callerToHeaders: { id: "connection" } }],
];
for (const [what, config] of wrong) {
  test(`the schema refuses ${what}`, () => {
    assert.ok(!apiKeyConfig.safeParse({ pepper: "p", ...config }).success);
  });
}
