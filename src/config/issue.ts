import { ConfigMistake } from "../lib/config-mistake.ts";
import { formatPath, type ConfigPath } from "../lib/config-path.ts";
import type { ShapeIssue } from "../lib/check-shape.ts";
import type { ConfigSource } from "./source.ts";

/** One mistake in a config, and where that is written. */
export interface ConfigIssue extends ShapeIssue {
  /** The file that the config was read from. */
  readonly file?: string;
  /** Where in the file, from 1; of the nearest part around `path` that could be found. */
  readonly line?: number;
  readonly column?: number;
}

/** A config that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[];
  /** The file, if it was read from one. */
  readonly source: ConfigSource | undefined;

  constructor(issues: readonly ConfigIssue[], source?: ConfigSource) {
    super(issues.map(describeIssue).join("\n"));
    this.name = "ConfigError";
    this.issues = issues;
    this.source = source;
  }
}

/**
 * Calls `create`, which makes a policy or handler from the config at `path`. What it finds wrong (`ConfigMistake`) is
 * added to `issues`, so that all mistakes are told at once; then, and only then, the result is undefined.
 */
export function collectIssues<T>(issues: ConfigIssue[], path: ConfigPath, create: () => T): T | undefined {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof ConfigMistake)) throw error;
    issues.push({ path: [...path, ...error.path], message: error.message, hint: error.hint });
    return undefined;
  }
}

function describeIssue(issue: ConfigIssue): string {
  const place = formatPath(issue.path);
  const hint = issue.hint === undefined ? "" : ` (${issue.hint})`;
  return `${place === "" ? "" : `${place}: `}${issue.message}${hint}`;
}
