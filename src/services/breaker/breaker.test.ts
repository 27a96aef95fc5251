import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { Breaker, REFUSED } from "./breaker.ts";
import type { Circuit, Outcome, Permit } from "./breaker.ts";
import { circuitBreakerSchema } from "./schema.ts";
import type { BreakerConfig } from "./schema.ts";

const defaults: BreakerConfig = {
  consecutiveFailures: 5,
  openForMs: 30_000,
  halfOpenProbes: 1,
  failureStatus: [500, 502, 503, 504],
  probeTimeoutMs: 60_000,
};

/**
 * One step: `name` acquires a permit under that name, `name refused` expects none, `name success|failure|ignored` settles
 * it, `wait ms` moves time, `is circuit` and `retry ms` look, `fail n` and `succeed n` are whole attempts.
 */
type Case = readonly [name: string, steps: string, config?: Partial<BreakerConfig>, jitter?: number];

const open = "fail 5; is open";
const cases: readonly Case[] = [
  ["a new circuit is closed", "is closed; retry 0; a; a success; is closed"],
  ["one failure short of the threshold stays closed", "fail 4; is closed; fail 1; is open"],
  [
    "a success between failures starts the count again",
    "fail 4; succeed 1; fail 4; is closed; fail 1; is open",
  ],
  ["an ignored attempt neither counts nor resets", "fail 4; a; a ignored; is closed; fail 1; is open"],
  ["many attempts at once pass while closed", "a; b; c; a failure; b failure; c failure; is closed"],
  ["a threshold of one opens at the first failure", "fail 1; is open", { consecutiveFailures: 1 }],
  ["open refuses and says for how long", `${open}; a refused; retry 30000; wait 10000; retry 20000`],
  ["open ends exactly in time", `${open}; wait 29999; a refused; retry 1; wait 1; is half-open; retry 0; a`],
  ["half-open lets one probe through", `${open}; wait 30000; a; b refused; c refused; retry 0; is half-open`],
  [
    "a probe that succeeds closes",
    `${open}; wait 30000; a; a success; is closed; fail 4; is closed; fail 1; is open`,
  ],
  ["a probe that fails opens again", `${open}; wait 30000; a; a failure; is open; b refused; retry 30000`],
  [
    "reopening is jittered by up to 10 %",
    `${open}; retry 30000; wait 30000; a; a failure; retry 31500`,
    {},
    0.5,
  ],
  ["the first opening is not jittered", `${open}; retry 30000`, {}, 0.5],
  [
    "an ignored probe gives its place back",
    `${open}; wait 30000; a; a ignored; is half-open; b; c refused; b success; is closed`,
  ],
  [
    "a probe settles once",
    `${open}; wait 30000; a; a ignored; a success; a failure; is half-open; b; c refused`,
  ],
  [
    "a hanging probe is given up after its time",
    `${open}; wait 30000; a; wait 59999; b refused; wait 1; b; c refused; b success; is closed`,
  ],
  [
    "what a given-up probe says counts for nothing",
    `${open}; wait 30000; a; wait 60000; b; a failure; is half-open; a success; is half-open; c refused`,
  ],
  [
    "a probe that is late, with its place still its own, counts",
    `${open}; wait 30000; a; wait 60000; a success; is closed`,
  ],
  [
    "a late success from before the opening changes nothing",
    `a; ${open}; a success; is open; wait 30000; b; a success; is half-open; c refused`,
  ],
  [
    "a late failure from before the opening changes nothing",
    `a; ${open}; wait 30000; b; a failure; is half-open; b success; is closed; a failure; fail 4; is closed`,
  ],
  [
    "late failures of the closed period do not prolong the open one",
    `a; b; ${open}; wait 20000; a failure; b failure; retry 10000`,
  ],
  [
    "a late probe's failure does not count in the closed period",
    `${open}; wait 30000; a; wait 60000; b; b success; a failure; fail 4; is closed`,
  ],
  ["two probes, and no third", `${open}; wait 30000; a; b; c refused`, { halfOpenProbes: 2 }],
  [
    "all probes must succeed",
    `${open}; wait 30000; a; b; a success; is half-open; c refused; b success; is closed`,
    { halfOpenProbes: 2 },
  ],
  [
    "one failed probe of two opens, and the other counts for nothing",
    `${open}; wait 30000; a; b; a failure; is open; b success; is open; wait 30000; c; b success; is half-open; d; e refused`,
    { halfOpenProbes: 2 },
  ],
  [
    "an ignored probe of two gives back one place",
    `${open}; wait 30000; a; b; a ignored; c; d refused`,
    { halfOpenProbes: 2 },
  ],
  [
    "only the probes whose time is over are given up",
    `${open}; wait 30000; a; wait 1000; b; wait 59000; c; d refused; wait 1000; d; e refused`,
    { halfOpenProbes: 2 },
  ],
];

for (const [name, steps, config, jitter] of cases) {
  void test(`breaker: ${name}`, () => {
    const { clock, random } = simulatedHost();
    const breaker = new Breaker({ ...defaults, ...config }, clock, {
      ...random,
      fraction: () => jitter ?? 0,
    });
    const permits = new Map<string, Permit>();
    const attempts = (count: string, outcome: Outcome): void => {
      for (let i = 0; i < Number(count); i++) breaker.settle(acquire(breaker), outcome);
    };
    for (const step of steps.split("; ")) {
      const [subject = "", what = ""] = step.split(" ");
      if (subject === "wait") clock.advance(Number(what));
      else if (subject === "is") assert.equal(breaker.circuit, what, step);
      else if (subject === "retry") assert.equal(breaker.retryAfterMs, Number(what), step);
      else if (subject === "fail") attempts(what, "failure");
      else if (subject === "succeed") attempts(what, "success");
      else if (what === "") permits.set(subject, acquire(breaker));
      else if (what === "refused") assert.equal(breaker.acquire(), REFUSED, step);
      else breaker.settle(permits.get(subject)!, what as Outcome);
    }
  });
}

function acquire(breaker: Breaker): Permit {
  const permit = breaker.acquire();
  assert.notEqual(permit, REFUSED, "a permit is given");
  return permit;
}

void test("breaker: of a thousand that ask at once, exactly the probes pass", () => {
  const { clock, random } = simulatedHost();
  const breaker = new Breaker({ ...defaults, halfOpenProbes: 3 }, clock, random);
  for (let i = 0; i < 5; i++) breaker.settle(breaker.acquire(), "failure");
  clock.advance(30_000);
  const permits = Array.from({ length: 1000 }, () => breaker.acquire()).filter(
    (permit) => permit !== REFUSED,
  );
  assert.equal(permits.length, 3);
  assert.equal(new Set(permits).size, 3);
});

void test("breaker: jitter never shortens the wait and lengthens it by less than 10 %", () => {
  const { clock, random } = simulatedHost();
  const breaker = new Breaker({ ...defaults, consecutiveFailures: 1 }, clock, random);
  breaker.settle(breaker.acquire(), "failure");
  const waitsMs = new Set<number>();
  for (let i = 0; i < 200; i++) {
    clock.advance(breaker.retryAfterMs);
    breaker.settle(acquire(breaker), "failure");
    const waitMs = breaker.retryAfterMs;
    assert.ok(waitMs >= 30_000 - 1e-6 && waitMs < 33_000, `${waitMs}`);
    waitsMs.add(waitMs);
  }
  assert.ok(waitsMs.size > 100, "waits differ");
});

void test("breaker: every change is told once, in order", () => {
  const { clock, random } = simulatedHost();
  const changes: [Circuit, Circuit][] = [];
  const breaker = new Breaker({ ...defaults, consecutiveFailures: 1 }, clock, random, (to, from) => {
    changes.push([from, to]);
  });
  breaker.settle(breaker.acquire(), "failure");
  breaker.acquire();
  clock.advance(30_000);
  assert.equal(changes.length, 1);
  breaker.settle(breaker.acquire(), "failure");
  clock.advance(33_000);
  breaker.settle(breaker.acquire(), "success");
  assert.deepEqual(changes, [
    ["closed", "open"],
    ["open", "half-open"],
    ["half-open", "open"],
    ["open", "half-open"],
    ["half-open", "closed"],
  ]);
});

void test("breaker: statuses", () => {
  const { clock, random } = simulatedHost();
  const breaker = new Breaker(defaults, clock, random);
  for (const status of [500, 502, 503, 504]) assert.equal(breaker.outcomeOf(status), "failure", `${status}`);
  for (const status of [200, 304, 400, 401, 404, 429, 499, 501, 505]) {
    assert.equal(breaker.outcomeOf(status), "success", `${status}`);
  }
});

const accepted: readonly [given: unknown, read: false | Partial<BreakerConfig>][] = [
  [undefined, {}],
  [{}, {}],
  [false, false],
  [
    { openFor: "250ms", probeTimeout: "2m" },
    { openForMs: 250, probeTimeoutMs: 120_000 },
  ],
  [
    { consecutiveFailures: 1, halfOpenProbes: 3, failureStatus: [429, 503] },
    { consecutiveFailures: 1, halfOpenProbes: 3, failureStatus: [429, 503] },
  ],
];
for (const [given, read] of accepted) {
  void test(`breaker schema reads ${JSON.stringify(given)}`, () => {
    assert.deepEqual(circuitBreakerSchema.parse(given), read === false ? false : { ...defaults, ...read });
  });
}

const refused: readonly unknown[] = [
  true,
  null,
  "30s",
  { openFor: 30 },
  { openFor: "0s" },
  { consecutiveFailures: 0 },
  { consecutiveFailures: 1.5 },
  { halfOpenProbes: 0 },
  { failureStatus: [] },
  { failureStatus: [200] },
  { threshold: 5 },
];
for (const given of refused) {
  void test(`breaker schema refuses ${JSON.stringify(given)}`, () => {
    assert.equal(circuitBreakerSchema.safeParse(given).success, false);
  });
}
