import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedClock } from "../../simulation/simulated-host.ts";
import { NEVER } from "../target.ts";
import { availableTargets } from "./available-targets.ts";

const NOW_MS = 10_000;

/** When each target failed, and the places of those that may be asked at `NOW_MS`. */
const cases: readonly { name: string; failedAtMs: readonly number[]; available: readonly number[] }[] = [
  { name: "all, while none has failed", failedAtMs: [NEVER, NEVER, NEVER], available: [0, 1, 2] },
  { name: "all but one that just failed", failedAtMs: [NEVER, 10_000, NEVER], available: [0, 2] },
  { name: "not one that failed almost five seconds ago", failedAtMs: [5001, NEVER], available: [1] },
  { name: "one that failed five seconds ago", failedAtMs: [5000, NEVER], available: [0, 1] },
  { name: "that one alone, when the others failed later", failedAtMs: [9000, 5000, 9000], available: [1] },
  { name: "the one that failed least recently, of all", failedAtMs: [9000, 8000, 9500], available: [1] },
  { name: "those that failed least recently, of all", failedAtMs: [8000, 9000, 8000], available: [0, 2] },
  { name: "the only one, though it failed", failedAtMs: [10_000], available: [0] },
];

for (const { name, failedAtMs, available } of cases) {
  test(`available is: ${name}`, () => {
    const clock = new SimulatedClock();
    clock.advance(NOW_MS);
    const targets = failedAtMs.map((failed, index) => ({
      index,
      authority: `target-${index}`,
      inFlight: 0,
      failedAtMs: failed,
    }));
    assert.deepEqual(
      availableTargets(targets, clock).map(({ index }) => index),
      available,
    );
  });
}
