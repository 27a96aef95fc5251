/** What holds of every way to balance, whichever targets there are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../simulation/seeded-random.ts";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { NEVER } from "../target.ts";
import { balanceSchema } from "./schema.ts";
import { balancerKinds, createBalancer } from "./index.ts";

for (const { name } of balancerKinds) {
  test(`${name}: a config can name it`, () => {
    assert.equal(balanceSchema.parse(name), name);
  });

  test(`${name}: of those that may be asked, one is chosen`, () => {
    const random = new SeededRandom(8);
    for (const length of [1, 2, 3, 8]) {
      const targets = Array.from({ length }, (_, index) => ({
        index,
        authority: `target-${index}`,
        inFlight: 0,
        failedAtMs: NEVER,
      }));
      const balancer = createBalancer(name, simulatedHost().random);
      for (let i = 0; i < 200; i++) {
        const some = targets.filter(() => random.fraction() < 0.6);
        const available = some.length === 0 ? targets : some;
        const target = balancer.choose(available, testExchange());
        assert.ok(
          available.some((one) => one === target),
          `${target.authority} may not be asked`,
        );
      }
    }
  });
}
