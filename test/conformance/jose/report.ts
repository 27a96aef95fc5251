import type { JoseSuite } from "./case.ts";
import { judge } from "./judge.ts";

export interface JoseResult {
  readonly suite: JoseSuite;
  /** How many valid ones there are and were accepted, invalid ones and refused; exceptions are in neither. */
  readonly accepted: readonly [count: number, of: number];
  readonly refused: readonly [count: number, of: number];
  /** Cases that were decided otherwise than by their authors, and that no exception explains; and exceptions that are none. */
  readonly findings: readonly string[];
}

export function runSuite(suite: JoseSuite): JoseResult {
  const excepted = new Set(suite.exceptions.flatMap(({ ids }) => ids));
  const counts = { valid: [0, 0] as [number, number], invalid: [0, 0] as [number, number] };
  const findings: string[] = [];
  for (const one of suite.cases) {
    const code = judge(one);
    const agrees = (code === "") === one.isValid;
    const told = `${one.id} (${one.comment}) is ${one.isValid ? "valid" : "invalid"}: ${code || "accepted"}`;
    if (excepted.delete(one.id)) {
      if (agrees) findings.push(`${told}, and listed as an exception`);
      continue;
    }
    const count = one.isValid ? counts.valid : counts.invalid;
    count[1]++;
    if (agrees) count[0]++;
    else findings.push(told);
  }
  for (const id of excepted) findings.push(`${id} is listed as an exception, and there is no such case`);
  return { suite, accepted: counts.valid, refused: counts.invalid, findings };
}

/** The part of docs/conformance.md that tells of these results. */
export function renderResults(results: readonly JoseResult[]): string {
  const rows = results.map(({ suite, accepted, refused, findings }) => {
    const exceptions = suite.exceptions.flatMap(({ ids }) => ids).length;
    const cells = [
      suite.name,
      suite.cases.length,
      accepted.join(" of "),
      refused.join(" of "),
      exceptions,
      findings.length,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const exceptions = results.flatMap(({ suite }) =>
    suite.exceptions.map(({ ids, reason }) => `- ${suite.name}, ${ids.join(", ")}: ${reason}.`),
  );
  const skipped = results.flatMap(({ suite }) =>
    Object.entries(suite.skipped).map(
      ([reason, count]) => `- ${suite.name}: ${count} were not tried; ${reason}.`,
    ),
  );
  return [
    "| suite | cases | valid ones accepted | invalid ones refused | exceptions | findings |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "Exceptions, by the suite's own ids:",
    "",
    ...exceptions,
    ...skipped,
    "",
  ].join("\n");
}
