import type { Results } from "../results.ts";
import type { Verdict } from "./bounds.ts";
import { makePeerTable, makeVerdictTable, renderAligned } from "./tables.ts";

export function renderTerminal(results: Results, verdicts: readonly Verdict[]): string {
  return `\n${renderAligned(makePeerTable(results))}\n\n${renderAligned(makeVerdictTable(verdicts))}\n\n`;
}
