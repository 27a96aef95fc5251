import { crossCheck } from "./cross-checks.ts";
import { checkShape } from "./explain-issue.ts";
import { ConfigError, formatPath } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import { configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";
import { tryKinds } from "./trial.ts";

/**
 * Checks a config as it was written and fills in the defaults. Throws a `ConfigError` with everything that is wrong, not
 * just the first mistake.
 */
export function parseConfig(input: unknown): Config {
  const shape = checkShape(configSchema, input);
  const found = crossCheck(input);
  if ("data" in shape && found.length === 0) return shape.data;
  const ofShape = "issues" in shape ? shape.issues : [];
  throw new ConfigError(distinct([...found, ...ofShape, ...tryKinds(input)]));
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
