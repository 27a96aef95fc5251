import { positionAt } from "../lib/text-position.ts";
import type { ConfigIssue } from "./issue.ts";
import type { ConfigSource } from "./source.ts";

/** A config file, read but not checked. */
export interface ReadConfig {
  readonly value: unknown;
  readonly source: ConfigSource;
  /** Mistakes that the value does not show, such as a key that is given twice. */
  readonly issues: readonly ConfigIssue[];
}

/** Says of each issue where in the file it stands, and sorts them so. A part that is used twice is told of once. */
export function placeIssues(issues: readonly ConfigIssue[], source: ConfigSource): ConfigIssue[] {
  const placed = new Map<string, ConfigIssue>();
  for (const issue of issues) {
    const at = issue.line === undefined ? placeIssue(issue, source) : issue;
    placed.set(JSON.stringify([at.line, at.column, at.message, at.path.at(-1)]), at);
  }
  return [...placed.values()].toSorted(
    (left, right) => left.line! - right.line! || left.column! - right.column!,
  );
}

function placeIssue(issue: ConfigIssue, source: ConfigSource): ConfigIssue {
  let range = issue.atKey === true ? source.findKey(issue.path) : undefined;
  for (let length = issue.path.length; range === undefined && length >= 0; length--) {
    range = source.findValue(issue.path.slice(0, length));
  }
  return { ...issue, file: source.file, ...positionAt(source.text, range?.start ?? 0) };
}
