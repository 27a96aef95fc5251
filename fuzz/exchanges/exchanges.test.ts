/** A short run of what `npm run fuzz` does for hours, always with the same cases. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { exchangeFuzzer } from "./fuzzer.ts";
import { makePlan } from "./plan.ts";
import { shrinkPlan } from "./shrink.ts";

const CASES = 300;

test(`${exchangeFuzzer.what} (${CASES} cases)`, async () => {
  let cases = 0;
  const report = await exchangeFuzzer.run({
    seed: 1,
    until: () => cases >= CASES,
    progress: (played) => (cases = played),
  });
  assert.equal(report.finding, undefined);
});

test("a replay tells what is wrong, or nothing", async () => {
  const plan = makePlan(new SeededRandom(2));
  assert.equal(await exchangeFuzzer.replay(JSON.stringify(plan)), undefined);
  await assert.rejects(exchangeFuzzer.replay("{"), SyntaxError);
});

test("a finding keeps nothing that it does not need", async () => {
  const random = new SeededRandom(3);
  let plan = makePlan(random);
  const fails = async ({ clients }: typeof plan): Promise<string | undefined> =>
    clients.some(({ requests }) => requests.some(({ method }) => method === "PUT"))
      ? "a PUT of 3"
      : undefined;
  while ((await fails(plan)) === undefined || plan.clients.length < 3) plan = makePlan(random);
  const { clients, compress } = await shrinkPlan(plan, "a PUT of 7", fails);
  assert.equal(clients.length, 1);
  assert.equal(clients[0]!.requests.length, 1);
  assert.equal(clients[0]!.requests[0]!.answer.bodyLength <= 10, true);
  assert.equal(compress, false);
});
