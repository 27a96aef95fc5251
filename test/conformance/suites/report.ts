import type { CaseOutcome, SuiteResult } from "./outcome.ts";

const COLUMNS = ["agrees", "stricter", "known", "finding"] as const;

export function renderTable(results: readonly SuiteResult[]): string {
  const lines = [
    "| suite | cases | agree | stricter | differ on purpose | findings |",
    "| --- | --: | --: | --: | --: | --: |",
  ];
  for (const { suite, outcomes } of results) {
    const counts = COLUMNS.map((column) => outcomes.filter(({ verdict }) => verdict === column).length);
    lines.push(`| ${[suite, outcomes.length, ...counts].join(" | ")} |`);
  }
  for (const { suite, skipped } of results)
    for (const [reason, count] of Object.entries(skipped ?? {}))
      lines.push("", `${suite}: ${count} cases are not run, ${reason}.`);
  return lines.join("\n");
}

/** Why cases went as they did, with their number; each finding, and with `all` each other difference, with its bytes. */
export function renderDifferences(results: readonly SuiteResult[], all: boolean): string {
  return results
    .map(({ suite, outcomes }) => {
      const told = outcomes.filter(({ verdict }) => verdict === "finding" || (all && verdict !== "agrees"));
      return [`\n${suite}`, ...reasons(outcomes), ...told.flatMap(describe)].join("\n");
    })
    .join("\n")
    .concat("\n");
}

function reasons(outcomes: readonly CaseOutcome[]): string[] {
  const counts = new Map<string, number>();
  for (const { verdict, why = "" } of outcomes)
    if (verdict !== "finding") counts.set(`${verdict}: ${why}`, (counts.get(`${verdict}: ${why}`) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, count]) => `  ${String(count).padStart(5)}  ${reason}`);
}

function describe({ verdict, name, why = "", detail = "" }: CaseOutcome): string[] {
  return [`  ${verdict}: ${name}: ${why}`, ...(detail === "" ? [] : [`    ${detail}`])];
}
