/** Round robin over the targets that health leaves: who is asked, whoever fails meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { availableTargets } from "../health/available-targets.ts";
import { NEVER } from "../target.ts";
import { createBalancer } from "./index.ts";

/** `fail 1`, `succeed 1`, `wait 5000`, or the targets that are then chosen, in order. */
type Step = string | readonly number[];

const cases: readonly { name: string; targets: number; steps: readonly Step[] }[] = [
  { name: "one target is always chosen", targets: 1, steps: [[0, 0, 0]] },
  { name: "one target is chosen even when it fails", targets: 1, steps: ["fail 0", [0, 0]] },
  { name: "each in turn", targets: 3, steps: [[0, 1, 2, 0, 1, 2, 0]] },
  {
    name: "a failed one is passed over, and the others share its turns evenly",
    targets: 3,
    steps: ["fail 1", [0, 2, 0, 2, 0]],
  },
  {
    name: "it is passed over for five seconds and not a millisecond longer",
    targets: 2,
    steps: ["fail 1", "wait 4999", [0, 0], "wait 1", [1, 0, 1]],
  },
  {
    name: "a failure after that passes it over again",
    targets: 2,
    steps: ["fail 1", "wait 5000", [0, 1], "fail 1", [0, 0]],
  },
  { name: "a success takes it back at once", targets: 2, steps: ["fail 1", [0, 0], "succeed 1", [1, 0]] },
  {
    name: "when all have failed, the least recently failed one is tried",
    targets: 3,
    steps: ["fail 2", "wait 1", "fail 0", "wait 1", "fail 1", [2, 2], "fail 2", [0], "wait 1", "fail 0", [1]],
  },
  {
    name: "when all have failed at the same time, they take turns",
    targets: 3,
    steps: ["fail 0", "fail 1", "fail 2", [0, 1, 2, 0]],
  },
  {
    name: "failures and successes that repeat are counted once",
    targets: 2,
    steps: ["succeed 0", "fail 0", "fail 0", "succeed 0", "succeed 0", "fail 1", [0, 0, 0]],
  },
];

for (const { name, targets, steps } of cases) {
  void test(`round robin: ${name}`, () => {
    const { clock, random } = simulatedHost();
    const facts = Array.from({ length: targets }, (_, index) => ({
      index,
      authority: `target-${index}`,
      inFlight: 0,
      failedAtMs: NEVER,
    }));
    const balancer = createBalancer("round-robin", random);
    const x = testExchange();
    for (const step of steps) {
      if (typeof step !== "string") {
        assert.deepEqual(
          step.map(() => balancer.choose(availableTargets(facts, clock), x).index),
          step,
        );
        continue;
      }
      const [action, number] = step.split(" ");
      if (action === "fail") facts[Number(number)]!.failedAtMs = clock.now();
      else if (action === "succeed") facts[Number(number)]!.failedAtMs = NEVER;
      else clock.advance(Number(number));
    }
  });
}
