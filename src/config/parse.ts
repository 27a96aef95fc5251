import { checkShape } from "../lib/check-shape.ts";
import { ConfigError, formatPath } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import { checkListen } from "./listen.ts";
import { placesOf } from "./places.ts";
import { isObject } from "./plain.ts";
import { findPoisonedKeys } from "./poisoned-keys.ts";
import { checkRoutes } from "./route-checks.ts";
import { configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";
import { tryKinds } from "./trial.ts";
import { readTree, type ConfigTree, type Hole } from "./tree.ts";

/** Far more than groups of routes ever need, and far less than what recursion over a config can bear. */
const MAX_DEPTH = 200;

/**
 * Checks a config as it was written and fills in the defaults. Throws a `ConfigError` with everything that is wrong, not
 * just the first mistake.
 */
export function parseConfig(input: unknown): Config {
  if (isTooDeep(input)) {
    const message = `the config is nested more than ${MAX_DEPTH} levels deep, or contains itself`;
    throw new ConfigError([{ path: [], message }]);
  }
  const issues: ConfigIssue[] = [];
  findPoisonedKeys(input, issues);
  if (isObject(input)) checkListen(input["listen"], issues);
  const shape = checkShape(configSchema, input);
  const tree: ConfigTree<Hole> = "data" in shape ? shape.data : readTree(input);
  checkRoutes(placesOf(tree), Object.keys(tree.services), issues);
  if ("data" in shape && issues.length === 0) return shape.data;
  if ("issues" in shape) issues.push(...shape.issues);
  throw new ConfigError(distinct([...issues, ...tryKinds(tree)]));
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
