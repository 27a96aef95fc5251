/** Where an issuer's keys are: what it may answer, and what is made of answers that are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bear, NOW } from "./testing.ts";
import {
  createKey,
  createRemotePolicy,
  issue,
  ISSUER,
  KEYS_URL,
  METADATA_URL,
  settle,
  SimulatedIssuers,
} from "./simulated-issuer/testing.ts";

const one = createKey("one");
const two = createKey("two");

test("an issuer is asked where its keys are, once, and its tokens pass", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy } = createRemotePolicy(issuers);
  assert.equal(issuers.count(METADATA_URL), 1, "at start, before any request");
  const { code, x } = await bear(policy, issue(one));
  assert.equal(code, "");
  assert.equal(x.caller?.id, "1");
  assert.deepEqual(
    issuers.requests.map(({ url, method, timeoutMs, maxBytes, maxRedirects }) => [
      url,
      method,
      timeoutMs > 0 && timeoutMs <= 10_000,
      maxBytes <= 1_000_000,
      maxRedirects! <= 3,
    ]),
    [
      [METADATA_URL, "GET", true, true, true],
      [KEYS_URL, "GET", true, true, true],
    ],
  );
  assert.ok((await bear(policy, issue(one, { sub: "2" }))).synchronous, "the keys are there");
  await policy.close?.();
});

const places = [
  ["https://id.example.com/", "https://id.example.com/.well-known/openid-configuration"],
  ["https://id.example.com/a/b", "https://id.example.com/a/b/.well-known/openid-configuration"],
  ["https://id.example.com/a/", "https://id.example.com/a/.well-known/openid-configuration"],
  ["https://id.example.com/a", "https://id.example.com/.well-known/oauth-authorization-server/a"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/oauth-authorization-server"],
] as const;

for (const [issuer, url] of places) {
  test(`the metadata of ${issuer} may stand at ${url}`, async () => {
    const issuers = new SimulatedIssuers(one);
    issuers.answers.delete(METADATA_URL);
    issuers.answers.set(url, { body: { issuer, jwks_uri: KEYS_URL } });
    const { policy } = createRemotePolicy(issuers, { issuer });
    assert.equal((await bear(policy, issue(one, { iss: issuer }))).code, "");
    await policy.close?.();
  });
}

test("with jwks nobody is asked for metadata, and the issuer may be any text", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy } = createRemotePolicy(issuers, { issuer: "us", jwks: KEYS_URL });
  assert.equal((await bear(policy, issue(one, { iss: "us" }))).code, "");
  assert.deepEqual(
    issuers.requests.map(({ url }) => url),
    [KEYS_URL],
  );
  await policy.close?.();
});

const unusable: readonly (readonly [what: string, url: string, answer: object, message: RegExp])[] = [
  [
    "metadata of another issuer",
    METADATA_URL,
    { body: { issuer: "https://evil.example", jwks_uri: KEYS_URL } },
    /another issuer, "https:\/\/evil/,
  ],
  [
    "metadata with a slash more",
    METADATA_URL,
    { body: { issuer: `${ISSUER}/`, jwks_uri: KEYS_URL } },
    /another issuer/,
  ],
  ["metadata without issuer", METADATA_URL, { body: { jwks_uri: KEYS_URL } }, /another issuer, null/],
  [
    "metadata with the issuer twice",
    METADATA_URL,
    { body: `{"issuer":"${ISSUER}","issuer":"${ISSUER}","jwks_uri":"${KEYS_URL}"}` },
    /no JSON object/,
  ],
  ["metadata without jwks_uri", METADATA_URL, { body: { issuer: ISSUER } }, /jwks_uri/],
  [
    "metadata with keys on the gateway's own machine",
    METADATA_URL,
    { body: { issuer: ISSUER, jwks_uri: "http://127.0.0.1:8001/keys" } },
    /names a loopback address/,
  ],
  [
    "metadata with keys over http",
    METADATA_URL,
    { body: { issuer: ISSUER, jwks_uri: "http://keys.example.com/jwks.json" } },
    /not https/,
  ],
  [
    "metadata with keys at no absolute URL",
    METADATA_URL,
    { body: { issuer: ISSUER, jwks_uri: "/jwks.json" } },
    /jwks_uri/,
  ],
  ["metadata that is no object", METADATA_URL, { body: "[]" }, /no JSON object/],
  ["no metadata", METADATA_URL, { status: 404 }, /no metadata: it answers 404/],
  ["an error", KEYS_URL, { status: 500, body: { keys: [one.jwk] } }, /answered with 500/],
  ["a key set that is no JSON", KEYS_URL, { body: "keys" }, /no key set/],
  ["a key set without keys", KEYS_URL, { body: {} }, /no key set/],
  ["keys that are no list", KEYS_URL, { body: { keys: { 0: one.jwk } } }, /no key set/],
  [
    "keys without end",
    KEYS_URL,
    { body: { keys: Array.from({ length: 101 }, () => one.jwk) } },
    /no key set/,
  ],
  [
    "a key set with keys twice",
    KEYS_URL,
    { body: `{"keys":[],"keys":[${JSON.stringify(one.jwk)}]}` },
    /no key set/,
  ],
  ["an empty key set", KEYS_URL, { body: { keys: [] } }, /no key that can be used/],
];

for (const [what, url, answer, message] of unusable) {
  test(`${what}: 503 with Retry-After, and never a pass`, async () => {
    const issuers = new SimulatedIssuers(one);
    issuers.answers.set(url, answer);
    // What is simulated answers wherever it is asked.
    for (const elsewhere of ["http://127.0.0.1:8001/keys", "http://keys.example.com/jwks.json", "/jwks.json"])
      issuers.answers.set(elsewhere, { body: { keys: [one.jwk] } });
    const { policy, log, clock } = createRemotePolicy(issuers, { cooldown: "30s" });
    const outcomes = await Promise.all([bear(policy, issue(one)), bear(policy, issue(two))]);
    for (const { code, reply, x } of outcomes) {
      assert.equal(code, "jwt.keys_unavailable");
      assert.equal(reply?.status, 503);
      assert.match(reply.headers?.join(": ") ?? "", /^retry-after: 3[0-6]$/);
      assert.equal(x.caller, undefined);
    }
    const [line, ...more] = log.lines;
    assert.equal(more.length, 0, "one line for one trouble");
    assert.match((line!.fields as { err: Error }).err.message, message);

    issuers.answers.set(METADATA_URL, { body: { issuer: ISSUER, jwks_uri: KEYS_URL } });
    issuers.publish(one);
    clock.advance(36_000);
    await settle();
    assert.equal((await bear(policy, issue(one))).code, "", "once its keys can be had");
    assert.match(log.lines.at(-1)!.message!, /can be had again/);
    await policy.close?.();
  });
}

test("where the keys are is asked again after a day, and after a failure", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers);
  const pass = async (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      clock.advance(60_000);
      await settle();
    }
  };
  await settle();
  await pass(60 * 23);
  assert.equal(issuers.count(METADATA_URL), 1);
  await pass(120);
  assert.equal(issuers.count(METADATA_URL), 2);
  issuers.answers.set(METADATA_URL, { body: { issuer: ISSUER, jwks_uri: `${KEYS_URL}?moved` } });
  issuers.answers.set(`${KEYS_URL}?moved`, { body: { keys: [two.jwk] } });
  issuers.answers.set(KEYS_URL, { status: 410 });
  await pass(11);
  assert.equal((await bear(policy, issue(two, { exp: NOW + 200_000 }))).code, "");
  await policy.close?.();
});
