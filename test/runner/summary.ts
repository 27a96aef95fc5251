/** What the runs of `test:often` say together. */

export interface Run {
  readonly loaded: boolean;
  readonly passed: boolean;
  /** Each once for each time that it failed. */
  readonly failedTests: readonly string[];
}

/** Every third run is under load. */
export function isLoaded(number: number): boolean {
  return number % 3 === 0;
}

/** What a run came to. */
export function describeRun({ passed, failedTests }: Run): string {
  if (passed) return "passed";
  return failedTests.length === 0
    ? "failed, and names no test"
    : `failed: ${[...new Set(failedTests)].join("; ")}`;
}

/** Each test that ever failed, the most frequent first, with the runs, counted from 1, in which it did. */
export function summarize(runs: readonly Run[]): string {
  const numbers = new Map<string, string[]>();
  for (const [index, { loaded, passed, failedTests }] of runs.entries()) {
    const names = passed || failedTests.length > 0 ? failedTests : ["no test is named"];
    for (const name of new Set(names))
      numbers.set(name, [...(numbers.get(name) ?? []), `${index + 1}${loaded ? " (loaded)" : ""}`]);
  }
  const failedRuns = runs.filter(({ passed }) => !passed).length;
  const lines = [...numbers]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, its]) => `${name}\n  failed in ${its.length} of ${runs.length} runs: ${its.join(", ")}\n`);
  return `${lines.join("")}${runs.length - failedRuns} of ${runs.length} runs passed\n`;
}
