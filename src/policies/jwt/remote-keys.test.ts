/** Keys over time: the first ones, fresh and stale ones, and the last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bear, encode, NOW, request } from "./testing.ts";
import {
  codesOf,
  createKey,
  createRemotePolicy,
  issue,
  ISSUER,
  KEYS_URL,
  settle,
  SimulatedIssuers,
} from "./simulated-issuer/testing.ts";

const one = createKey("one");

test("requests that come before the keys wait for one fetch", async () => {
  const issuers = new SimulatedIssuers(one);
  issuers.isSlow = true;
  const { policy } = createRemotePolicy(issuers, { jwks: KEYS_URL });
  const waiting = Array.from({ length: 100 }, (_, i) => bear(policy, issue(one, { sub: String(i) })));
  await settle();
  issuers.release();
  assert.deepEqual(codesOf(await Promise.all(waiting)), [""]);
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
