import { parseArgs } from "node:util";

/** What benches of a few figures may be told; undefined where it is anything else. */
export function readRoundsOptions(args: string[]) {
  try {
    const flag = { type: "boolean" } as const;
    return parseArgs({ args, options: { rounds: { type: "string" }, check: flag, help: flag } }).values;
  } catch {
    return undefined;
  }
}
