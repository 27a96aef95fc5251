import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Processes } from "../processes.ts";
import { median, medianOfRatios, ratioOfMedians } from "./statistics.ts";

/** What routing costs as the number of routes grows from 10 to 10,000. */
export interface RoutingFigures {
  readonly nanosecondsAmongFew: number;
  /** Time among 10,000 routes over time among 10 for the same requests: the median of the rounds' ratios. */
  readonly ratio: number;
  readonly ratioOfMedians: number;
  /** The same for requests that go to all of the 10,000 in turn. */
  readonly spreadRatio: number;
}

const processName = "routing";

export async function measureRouting(
  processes: Processes,
  cpu: number | undefined,
  say: (line: string) => void,
): Promise<RoutingFigures> {
  const child = processes.start({
    name: processName,
    command: process.execPath,
    args: ["--conditions=portcullis-source", fileURLToPath(new URL("routing-process.ts", import.meta.url))],
    cpu,
  });
  const [code] = await once(child, "exit");
  const output = processes.outputOf(processName);
  if (code !== 0) throw new Error(`routing could not be measured:\n${output}`);
  const figures = compareRouting(JSON.parse(output));
  say(
    `routing: ${figures.nanosecondsAmongFew.toFixed(0)} ns among 10 routes; among 10,000 times ` +
      `${figures.ratio.toFixed(2)}, and times ${figures.spreadRatio.toFixed(2)} when all of them are asked for`,
  );
  return figures;
}

/** The nanoseconds of one look-up, round by round. */
export interface RoutingRounds {
  readonly few: readonly number[];
  readonly many: readonly number[];
  readonly spread: readonly number[];
}

export function compareRouting({ few, many, spread }: RoutingRounds): RoutingFigures {
  return {
    nanosecondsAmongFew: median(few),
    ratio: medianOfRatios(many, few),
    ratioOfMedians: ratioOfMedians(many, few),
    spreadRatio: medianOfRatios(spread, few),
  };
}
