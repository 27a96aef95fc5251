import type { Fuzzer, FuzzReport, FuzzRun } from "../fuzzer.ts";
import { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { makePlan, type Plan } from "./plan.ts";
import { play } from "./play.ts";
import { shrinkPlan } from "./shrink.ts";

/** Fuzzes whole gateways, their clients and services over a network in memory. */
class ExchangeFuzzer implements Fuzzer {
  readonly name = "exchanges";
  readonly what =
    "clients and services in every state of health: each request gets its own answer, once, or none";

  async run({ seed, until, progress }: FuzzRun): Promise<FuzzReport> {
    const random = new SeededRandom(seed);
    for (let cases = 0; ; cases++) {
      if (cases % 20 === 0) {
        progress(cases);
        if (until()) return { cases };
      }
      const plan = makePlan(random);
      const fault = await faultOf(plan);
      if (fault === undefined) continue;
      const small = await shrinkPlan(plan, fault, faultOf);
      const message = (await faultOf(small)) ?? fault;
      return { cases, finding: { message, replay: JSON.stringify(small) } };
    }
  }

  async replay(text: string): Promise<string | undefined> {
    return faultOf(JSON.parse(text) as Plan);
  }
}

/** What is wrong with the case; undefined when nothing is. */
async function faultOf(plan: Plan): Promise<string | undefined> {
  let unhandled: unknown;
  const hear = (reason: unknown): void => void (unhandled ??= reason);
  process.on("unhandledRejection", hear);
  try {
    await play(plan);
  } catch (error) {
    return textOf(error);
  } finally {
    process.off("unhandledRejection", hear);
  }
  return unhandled === undefined ? undefined : `nobody handled: ${textOf(unhandled)}`;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Fault" ? error.message : (error.stack ?? error.message);
}

export const exchangeFuzzer: Fuzzer = new ExchangeFuzzer();
