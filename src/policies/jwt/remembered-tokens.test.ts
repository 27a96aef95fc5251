/** What is remembered of tokens: that it costs nothing twice, is no more than it may be, and never outlives its time. */
import assert from "node:assert/strict";
import { Hmac } from "node:crypto";
import { mock, test } from "node:test";
import { bear, CLAIMS, createPolicy, HEADER, NOW, sign } from "./testing.ts";

/** Counts how often a signature is checked; tokens of one's own are made before. */
function countChecks(): { readonly count: () => number; readonly stop: () => void } {
  const digest = mock.method(Hmac.prototype, "digest");
  return { count: () => digest.mock.callCount(), stop: () => digest.mock.restore() };
}

test("a good token is verified once, and admitted without waiting", async () => {
  const token = sign();
  const checks = countChecks();
  const { policy } = createPolicy({ claimsToHeaders: { sub: "x-user-id", role: "x-user-role" } });
  const outcomes = [];
  for (let i = 0; i < 4; i += 1) outcomes.push(await bear(policy, token));
  assert.ok(outcomes.every((outcome) => outcome.synchronous && outcome.code === ""));
  for (const { x } of outcomes) {
    assert.deepEqual(x.forwardHeaders, ["x-user-id", "1", "x-user-role", "admin"]);
    assert.equal(x.caller?.id, "1");
  }
  assert.equal(checks.count(), 1);
  checks.stop();
});

test("requests with one token at the same time cost one verification", async () => {
  const token = sign();
  const forged = sign(CLAIMS, HEADER, "x");
  const checks = countChecks();
  const { policy } = createPolicy();
  const good = await Promise.all(Array.from({ length: 20 }, () => bear(policy, token)));
  assert.ok(good.every((outcome) => outcome.code === "" && outcome.x.caller?.id === "1"));
  assert.equal(checks.count(), 1);
  const bad = await Promise.all(Array.from({ length: 20 }, () => bear(policy, forged)));
  assert.ok(bad.every((outcome) => outcome.code === "jwt.signature"));
  assert.equal(checks.count(), 2);
  checks.stop();
});

test("a bad verdict is remembered for a moment only, for it may have a passing reason", async () => {
  const token = sign();
  const { policy, clock } = createPolicy();
  const digest = mock.method(Hmac.prototype, "digest", () => {
    throw new Error("out of memory");
  });
  assert.equal((await bear(policy, token)).code, "jwt.signature");
  digest.mock.restore();
  clock.advance(9_999);
  assert.equal((await bear(policy, token)).code, "jwt.signature");
  clock.advance(1);
  assert.equal((await bear(policy, token)).code, "");
});

const times = [
  // [what, claims, tolerance, [seconds after the start, code]...]
  [
    "exp",
    { exp: NOW + 60 },
    "0s",
    [
      [0, ""],
      [59, ""],
      [59.999, ""],
      [60, "jwt.expired"],
      [61, "jwt.expired"],
    ],
  ],
  [
    "exp with tolerance",
    { exp: NOW + 60 },
    "30s",
    [
      [89, ""],
      [90, "jwt.expired"],
      [91, "jwt.expired"],
    ],
  ],
  [
    "exp with the most tolerance",
    { exp: NOW + 60 },
    "60s",
    [
      [119, ""],
      [120, "jwt.expired"],
      [121, "jwt.expired"],
    ],
  ],
  [
    "nbf",
    { nbf: NOW + 60 },
    "0s",
    [
      [59, "jwt.not_yet_valid"],
      [60, ""],
      [61, ""],
    ],
  ],
  [
    "nbf with tolerance",
    { nbf: NOW + 60 },
    "30s",
    [
      [29, "jwt.not_yet_valid"],
      [30, ""],
      [31, ""],
    ],
  ],
  [
    "iat a minute ahead",
    { iat: NOW + 61 },
    "0s",
    [
      [0, "jwt.not_yet_valid"],
      [1, ""],
    ],
  ],
  [
    "exp with a fraction",
    { exp: NOW + 0.5 },
    "0s",
    [
      [0.499, ""],
      [0.5, "jwt.expired"],
    ],
  ],
] as const;

for (const [what, claims, clockTolerance, steps] of times) {
  for (const remembered of [false, true]) {
    test(`${what} is exact, ${remembered ? "remembered" : "verified anew"}`, async () => {
      const token = sign({ ...CLAIMS, ...claims });
      let { policy, clock } = createPolicy({ clockTolerance });
      let passed = 0;
      const checks = countChecks();
      for (const [seconds, code] of steps) {
        if (!remembered) ({ policy, clock } = createPolicy({ clockTolerance }));
        clock.advance(seconds * 1000 - clock.now());
        const outcome = await bear(policy, token);
        assert.equal(outcome.code, code, `after ${seconds}s`);
        passed += 1;
        assert.equal(checks.count(), remembered ? 1 : passed);
      }
      checks.stop();
    });
  }
}

test("no more good tokens are remembered than configured", async () => {
  for (const entries of [4, 16, 100]) {
    const { policy } = createPolicy({ cache: { entries } });
    const tokens = Array.from({ length: 250 }, (_, i) => sign({ ...CLAIMS, sub: String(i) }));
    // Twice, for some are also remembered by their own text then.
    for (const token of tokens)
      for (const time of [1, 2]) assert.equal((await bear(policy, token)).code, "", `${time}`);
    const checks = countChecks();
    let remembered = 0;
    for (const token of tokens.toReversed()) {
      const before = checks.count();
      await bear(policy, token);
      if (checks.count() === before) remembered += 1;
    }
    checks.stop();
    assert.ok(remembered >= entries / 4 && remembered <= entries, `${remembered} of ${entries}`);
  }
});

test("a flood of bad tokens evicts no good one", async () => {
  const { policy } = createPolicy({ cache: { entries: 2 } });
  const token = sign();
  const flood = Array.from({ length: 50 }, (_, i) => sign({ ...CLAIMS, sub: String(i) }, HEADER, "x"));
  await bear(policy, token);
  for (const forged of flood) await bear(policy, forged);
  const checks = countChecks();
  assert.equal((await bear(policy, token)).code, "");
  assert.equal(checks.count(), 0);
  checks.stop();
});

test("what is remembered of one token says nothing about another", async () => {
  const { policy } = createPolicy();
  const token = sign();
  await bear(policy, token);
  assert.equal((await bear(policy, `${token.slice(0, -5)}AAAAA`)).code === "", false);
  assert.equal((await bear(policy, `${token} `)).code, "jwt.malformed");
});
