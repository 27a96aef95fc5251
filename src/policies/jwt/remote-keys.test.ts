import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { bear, CLAIMS, encode, NOW, request, sign } from "./testing.ts";
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
const codes = (outcomes: readonly { code: string }[]): string[] => [
  ...new Set(outcomes.map(({ code }) => code)),
];

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

test("requests that come before the keys wait for one fetch", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isSlow = true;
  const { policy } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  const waiting = Array.from({ length: 100 }, (_, i) => bear(policy, issue(one, { sub: String(i) })));
  await settle();
  issuers.release();
  assert.deepEqual(codes(await Promise.all(waiting)), [""]);
  assert.equal(issuers.count(KEYS_URL), 1);
  await policy.close?.();
});

test("no token and a token of nobody who is trusted wait for nothing", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isDown = true;
  const { policy } = createRemotePolicy(issuers);
  assert.equal((await request(policy, {})).code, "jwt.missing");
  for (const iss of ["https://evil.example", "__proto__", "constructor", "", 1, null, [ISSUER]]) {
    const { code, synchronous } = await bear(policy, issue(one, { iss }));
    assert.equal(code, "jwt.issuer");
    assert.ok(synchronous);
  }
  assert.equal((await bear(policy, issue(one, { iss: undefined }))).code, "jwt.claim_missing");
  assert.equal((await bear(policy, issue(one, {}, { alg: "none" }))).code, "jwt.algorithm");
  assert.equal((await bear(policy, issue(one, {}, { typ: "dpop+jwt" }))).code, "jwt.type");
  assert.equal(
    (await bear(policy, `${encode({ alg: "ES256" })}.${encode("claims")}.AAAA`)).code,
    "jwt.malformed",
  );
  await policy.close?.();
});

test("ten thousand kids that nobody has cause one fetch a cooldown", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "10s" });
  await settle();
  const flood = async (from: number) => {
    const tokens = Array.from({ length: 5000 }, (_, i) => {
      const head = encode({ alg: "ES256", kid: `random ${from + i}` });
      return `${head}.${encode({ ...CLAIMS, iss: ISSUER })}.${"A".repeat(86)}`;
    });
    return codes(await Promise.all(tokens.map((token) => bear(policy, token))));
  };
  assert.deepEqual(await flood(0), ["jwt.key_unknown"]);
  assert.equal(issuers.count(KEYS_URL), 2, "the one at start, and one");
  clock.advance(9999);
  assert.deepEqual(await flood(5000), ["jwt.key_unknown"]);
  assert.equal(issuers.count(KEYS_URL), 2);
  assert.equal((await bear(policy, issue(one))).code, "", "good tokens pass meanwhile");

  // A fetch that fails counts as well.
  issuers.isDown = true;
  clock.advance(1);
  await flood(10_000);
  assert.equal(issuers.count(KEYS_URL), 3);
  clock.advance(9999);
  await flood(15_000);
  assert.equal(issuers.count(KEYS_URL), 3);
  assert.equal((await bear(policy, issue(one, { sub: "2" }))).code, "", "with the keys from before");
  await policy.close?.();
});

test("a flood while there are no keys at all causes no fetch of its own", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isDown = true;
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "10s" });
  await settle();
  for (let i = 0; i < 1000; i++) {
    const { code } = await bear(policy, issue(one, {}, { kid: String(i) }));
    assert.equal(code, "jwt.keys_unavailable");
  }
  assert.equal(issuers.count(KEYS_URL), 1);
  clock.advance(9999);
  assert.equal(issuers.count(KEYS_URL), 1);
  await policy.close?.();
});

test("rotation: a new key is taken when its first token comes, and the old one serves on while it is published", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  assert.equal((await bear(policy, issue(one))).code, "");
  issuers.publish(one, two);
  issuers.isSlow = true;
  clock.advance(1000);
  const tokens = [one, two].flatMap((key) =>
    Array.from({ length: 50 }, (_, i) => issue(key, { sub: String(i) })),
  );
  const waiting = tokens.map((token) => bear(policy, token));
  await settle();
  issuers.release();
  assert.deepEqual(codes(await Promise.all(waiting)), [""]);
  assert.equal(issuers.count(KEYS_URL), 2);
  await policy.close?.();
});

test("a key that was published while an older set was on its way is found by the next fetch", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isSlow = true;
  const { policy } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  issuers.publish(one, two);
  const waiting = bear(policy, issue(two));
  issuers.release();
  assert.equal((await waiting).code, "");
  assert.equal(issuers.count(KEYS_URL), 2);
  await policy.close?.();
});

test("an unknown key is asked for soon after a refresh, but not after one that failed", async () => {
  for (const isDown of [false, true]) {
    const issuers = new SimulatedIssuers(one);
    const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "10s" });
    await settle();
    issuers.isDown = isDown;
    clock.advance(540_000);
    await settle();
    const refreshes = issuers.count(KEYS_URL);
    assert.ok(refreshes >= 2);
    assert.equal((await bear(policy, issue(two))).code, "jwt.key_unknown");
    assert.equal(issuers.count(KEYS_URL) - refreshes, isDown ? 0 : 1);
    await policy.close?.();
  }
});

test("that a key is unknown is not remembered of a token", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "1s" });
  const token = issue(two);
  assert.equal((await bear(policy, token)).code, "jwt.key_unknown");
  issuers.publish(one, two);
  assert.equal((await bear(policy, token)).code, "jwt.key_unknown", "within the cooldown");
  clock.advance(1000);
  assert.equal((await bear(policy, token)).code, "");
  await policy.close?.();
});

test("rotation under load never refuses a good token while keys overlap", async () => {
  const keys = Array.from({ length: 6 }, (_, i) => createKey(`key ${i}`));
  const issuers = new SimulatedIssuers(keys[0]!);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "10s" });
  for (let i = 1; i < keys.length; i++) {
    // The new key is there before it signs, for longer than a set is taken for the newest one.
    issuers.publish(keys[i - 1]!, keys[i]!);
    for (let minute = 0; minute < 12; minute++) {
      clock.advance(60_000);
      await settle();
      const signer = minute < 10 ? keys[i - 1]! : keys[i]!;
      const claims = { exp: NOW + 100_000, sub: `${i} ${minute}` };
      const invented = bear(policy, issue(two, {}, { kid: `invented ${i} ${minute}` }));
      assert.equal((await bear(policy, issue(signer, claims))).code, "", `key ${i}, minute ${minute}`);
      assert.equal((await invented).code, "jwt.key_unknown");
    }
  }
  await policy.close?.();
});

test("a key that is gone from the set verifies nothing more, remembered or not", async () => {
  const issuers = new SimulatedIssuers(one, two);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL }, { cache: { entries: 1000 } });
  const remembered = issue(one);
  for (let i = 0; i < 3; i++) assert.equal((await bear(policy, remembered)).code, "");
  assert.equal((await bear(policy, issue(two))).code, "");
  issuers.publish(two);
  clock.advance(600_000);
  await settle();
  assert.equal((await bear(policy, remembered)).code, "jwt.key_unknown");
  assert.equal((await bear(policy, issue(one, { sub: "2" }))).code, "jwt.key_unknown");
  assert.equal((await bear(policy, issue(two))).code, "");
  await policy.close?.();
});

test("a kid that is given another key: bad verdicts are forgotten as well", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  const token = issue(two, {}, { kid: "one" });
  assert.equal((await bear(policy, token)).code, "jwt.signature");
  issuers.publish({ ...two, jwk: { ...two.jwk, kid: "one" } });
  clock.advance(1);
  await bear(policy, issue(one, {}, { kid: "unknown" }));
  assert.equal((await bear(policy, token)).code, "");
  await policy.close?.();
});

test("keys serve on while they cannot be refreshed, and no longer than staleFor", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock, log } = createRemotePolicy(issuers, {
    jwks: KEYS_URL,
    staleFor: "1h",
    cooldown: "1m",
  });
  const claims = { exp: NOW + 100_000 };
  assert.equal((await bear(policy, issue(one, claims))).code, "");
  issuers.isDown = true;
  for (let minute = 0; minute < 69; minute++) {
    clock.advance(60_000);
    await settle();
    const { code } = await bear(policy, issue(one, { ...claims, sub: String(minute) }));
    assert.equal(code, "", `minute ${minute}`);
  }
  assert.equal(log.lines.length, 1, "one line for one trouble");
  clock.advance(61_000);
  assert.equal((await bear(policy, issue(one, { ...claims, sub: "new" }))).code, "jwt.keys_unavailable");
  assert.equal((await bear(policy, issue(one, claims))).code, "jwt.keys_unavailable", "remembered");
  await policy.close?.();
});

const freshness = [
  [undefined, undefined, 600],
  ["max-age=120", undefined, 120],
  ["public, max-age=300, must-revalidate", "100", 200],
  ["max-age=1", undefined, 60],
  ["max-age=0", undefined, 60],
  ["max-age=86400", undefined, 3600],
  ["max-age=99999999999999", undefined, 600],
  ["no-store", undefined, 60],
  ["no-cache, max-age=3600", undefined, 60],
  ["s-maxage=5, max-age=-1", "-5", 600],
] as const;

for (const [control, age, seconds] of freshness) {
  test(`Cache-Control ${control}, Age ${age}: fetched again before ${seconds}s are over, and not at once`, async () => {
    const issuers = new SimulatedIssuers(one);
    const headers = { ...(control && { "cache-control": control }), ...(age && { age }) };
    issuers.answers.set(KEYS_URL, { headers, body: { keys: [one.jwk] } });
    const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL });
    await settle();
    clock.advance(seconds * 750 - 1);
    assert.equal(issuers.count(KEYS_URL), 1);
    clock.advance(seconds * 150 + 1);
    assert.equal(issuers.count(KEYS_URL), 2);
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

test("once closed, nobody is asked any more", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isSlow = true;
  const { policy, clock, log } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  await policy.close?.();
  issuers.isDown = true;
  issuers.release();
  await settle();
  clock.advance(3_600_000);
  assert.equal(issuers.count(KEYS_URL), 1);
  assert.equal(clock.timers, 0);
  assert.deepEqual(log.lines, []);
  assert.equal((await bear(policy, issue(one))).code, "jwt.keys_unavailable");
});

test("policies of a host that trust one issuer have its keys in common, until the last is closed", async () => {
  const issuers = new SimulatedIssuers(one);
  const first = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "a" });
  const second = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "b" }, {}, first.host);
  const apart = createRemotePolicy(issuers, { jwks: KEYS_URL, staleFor: "1m" }, {}, first.host);
  assert.equal((await bear(first.policy, issue(one, { aud: "a" }))).code, "");
  assert.equal((await bear(second.policy, issue(one, { aud: "b" }))).code, "");
  assert.equal((await bear(second.policy, issue(one, { aud: "a" }))).code, "jwt.audience");
  assert.equal((await bear(apart.policy, issue(one))).code, "");
  assert.equal(issuers.count(KEYS_URL), 2, "one for both, and one for the other settings");
  await first.policy.close?.();
  const third = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "c" }, {}, first.host);
  const { code, synchronous } = await bear(third.policy, issue(one, { aud: "c" }));
  assert.deepEqual([code, synchronous], ["", true], "a new config goes on with the keys of the old one");
  for (const { policy } of [second, third, apart]) await policy.close?.();
  assert.equal(first.clock.timers, 0);
  const later = createRemotePolicy(issuers, { jwks: KEYS_URL }, {}, first.host);
  assert.equal(issuers.count(KEYS_URL), 3);
  await later.policy.close?.();
});

test("several issuers, each with its own keys, algorithms, audience and tolerance", async () => {
  const issuers = new SimulatedIssuers(one);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = {
    issuer: "https://two.example",
    jwks: "https://two.example/keys",
    audience: "api",
    algorithms: ["ES256" as const],
    clockTolerance: "30s",
  };
  issuers.answers.set(other.jwks, {
    body: { keys: [two.jwk, { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa" }] },
  });
  const { policy, clock } = createRemotePolicy(issuers, {}, { issuers: [{ issuer: ISSUER }, other] });
  const theirs = { iss: other.issuer, aud: "api" };
  assert.equal((await bear(policy, issue(one))).code, "");
  assert.equal((await bear(policy, issue(two, theirs))).code, "");
  assert.equal((await bear(policy, issue(one, theirs))).code, "jwt.key_unknown", "a key of the other");
  assert.equal(
    (await bear(policy, issue(two, { aud: "api" }))).code,
    "jwt.key_unknown",
    "a key of the other",
  );
  assert.equal(
    (await bear(policy, issue(one, { aud: "api" }))).code,
    "jwt.audience",
    "an audience of the other",
  );
  assert.equal((await bear(policy, issue(two, theirs, { alg: "RS256", kid: "rsa" }))).code, "jwt.algorithm");
  clock.advance(3600_000 + 10_000);
  await settle();
  assert.equal((await bear(policy, issue(one, { sub: "2" }))).code, "jwt.expired");
  assert.equal((await bear(policy, issue(two, { ...theirs, sub: "2" }))).code, "");
  await policy.close?.();
});

test("an issuer that cannot be reached does not keep out those of another", async () => {
  const issuers = new SimulatedIssuers(one);
  const entries = [{ issuer: ISSUER }, { issuer: "https://two.example", jwks: "https://two.example/keys" }];
  const { policy } = createRemotePolicy(issuers, {}, { issuers: entries });
  assert.equal((await bear(policy, issue(two, { iss: "https://two.example" }))).code, "jwt.keys_unavailable");
  assert.equal((await bear(policy, issue(one))).code, "");
  await policy.close?.();
});

test("the secret of one place and the keys of an issuer are two configs", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy } = createRemotePolicy(issuers);
  assert.equal((await bear(policy, sign({ ...CLAIMS, iss: ISSUER }))).code, "jwt.algorithm");
  await policy.close?.();
});
