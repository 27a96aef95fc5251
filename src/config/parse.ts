import { checkShape } from "../lib/check-shape.ts";
import { crossCheck } from "./cross-checks.ts";
import { ConfigError, formatPath } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import { isObject } from "./plain.ts";
import { configSchema, createConfigSchema } from "./schema.ts";
import type { Config } from "./schema.ts";
import { tryKinds } from "./trial.ts";
import { takeUse } from "./use.ts";

/** Far more than groups of routes ever need, and far less than what recursion over a config can bear. */
const MAX_DEPTH = 200;

/**
 * Checks a config as it was written and fills in the defaults. Throws a `ConfigError` with everything that is wrong, not
 * just the first mistake.
 */
export function parseConfig(input: unknown): Config {
  const { use, written, issues } = takeUse(input);
  if (isTooDeep(written)) {
    const message = `the config is nested more than ${MAX_DEPTH} levels deep, or contains itself`;
    throw new ConfigError([{ path: [], message }]);
  }
  const shape = checkShape(use.length === 0 ? configSchema : createConfigSchema(use), written);
  const found = [...issues, ...crossCheck(written)];
  if ("data" in shape && found.length === 0) return use.length === 0 ? shape.data : { ...shape.data, use };
  const ofShape = "issues" in shape ? shape.issues : [];
  throw new ConfigError(distinct([...found, ...ofShape, ...tryKinds(written, use)]));
}

/** Goes down level by level: what contains itself has no last one. */
function isTooDeep(input: unknown): boolean {
  let level = new Set([input]);
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const below = new Set<unknown>();
    for (const value of level) {
      if (!Array.isArray(value) && !isObject(value)) continue;
      for (const part of Object.values(value) as unknown[]) {
        if (typeof part === "object" && part !== null) below.add(part);
      }
    }
    if (below.size === 0) return false;
    level = below;
  }
  return true;
}

/** A key that is refused for its name is an unknown field as well; the first to be told of a place suffices. */
function distinct(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const keys = new Set<string>();
  return issues.filter((issue) => {
    if (issue.atKey !== true) return true;
    const place = formatPath(issue.path);
    if (keys.has(place)) return false;
    keys.add(place);
    return true;
  });
}
