/** Keys that are not known yet, that come, and that go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bear, CLAIMS, encode, NOW } from "./testing.ts";
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
const two = createKey("two");

test("ten thousand kids that nobody has cause one fetch a cooldown", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy, clock } = createRemotePolicy(issuers, { jwks: KEYS_URL, cooldown: "10s" });
  await settle();
  const flood = async (from: number) => {
    const tokens = Array.from({ length: 5000 }, (_, i) => {
      const head = encode({ alg: "ES256", kid: `random ${from + i}` });
      return `${head}.${encode({ ...CLAIMS, iss: ISSUER })}.${"A".repeat(86)}`;
    });
    return codesOf(await Promise.all(tokens.map((token) => bear(policy, token))));
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
  assert.deepEqual(codesOf(await Promise.all(waiting)), [""]);
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
