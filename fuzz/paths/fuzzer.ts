import { setImmediate as nextTurn } from "node:timers/promises";
import { checkTarget, makeTarget } from "../../test/conformance/path-readings.ts";
import { shrink } from "../codec/shrink.ts";
import type { Fuzzer, FuzzReport, FuzzRun } from "../fuzzer.ts";
import { SeededRandom } from "../../src/simulation/seeded-random.ts";

const CASES_A_TURN = 10_000;

/** Fuzzes what targets mean: to the router, and to services that read them in ways of their own. */
class PathFuzzer implements Fuzzer {
  readonly name = "paths";
  readonly what =
    "targets: one path for router, policies and service, and no protected one past its policies";

  async run({ seed, until, progress }: FuzzRun): Promise<FuzzReport> {
    const random = new SeededRandom(seed);
    for (let cases = 0; ; cases++) {
      if (cases % CASES_A_TURN === 0) {
        progress(cases);
        await nextTurn();
        if (until()) return { cases };
      }
      const raw = makeTarget(() => random.fraction());
      if (faultOf(raw) === undefined) continue;
      const [target] = shrink(raw, [], (shorter) => faultOf(shorter) !== undefined);
      return { cases, finding: { message: faultOf(target) ?? "", replay: JSON.stringify(target) } };
    }
  }

  async replay(text: string): Promise<string | undefined> {
    return faultOf(JSON.parse(text) as string);
  }
}

function faultOf(raw: string): string | undefined {
  try {
    checkTarget(raw);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

export const pathFuzzer: Fuzzer = new PathFuzzer();
