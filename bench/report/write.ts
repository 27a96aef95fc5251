import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../results.ts";
import type { Verdict } from "./bounds.ts";
import { renderDocument } from "./document.ts";

/** Writes what people read and what programs read, both from the same results. */
export function writeReport(results: Results, verdicts: readonly Verdict[]): void {
  write("../../docs/benchmarks.md", renderDocument(results, verdicts));
  write("../results.json", `${JSON.stringify(toJson(results, verdicts), undefined, 2)}\n`);
}

function toJson(results: Results, verdicts: readonly Verdict[]): object {
  return {
    ...results,
    load: Object.fromEntries(results.load),
    memory: Object.fromEntries(results.memory),
    verdicts,
  };
}

function write(path: string, text: string): void {
  writeFileSync(fileURLToPath(new URL(path, import.meta.url)), text);
}
