import { checkShape } from "../lib/check-shape.ts";
import { ConfigError } from "./issue.ts";
import { formatPath, type ConfigPath } from "../lib/config-path.ts";
import type { ConfigIssue } from "./issue.ts";
import { checkListen } from "./listen.ts";
import { placesOf } from "./places.ts";
import { isObject } from "./plain.ts";
import { checkRoutes } from "./route-checks.ts";
import { createSchemas, schemas } from "./schema.ts";
import type { Config } from "./schema.ts";
import { tryKinds } from "./try-kinds.ts";
import { readTree, type ConfigTree, type Hole } from "./tree.ts";
import { takeUse } from "./use.ts";

/** Far more than groups of routes ever need, and far less than what recursion over a config can bear. */
const MAX_DEPTH = 200;

/**
 * Checks a config as it was written and fills in the defaults. Throws a `ConfigError` with everything that is wrong, not
 * just the first mistake.
 */
export function parseConfig(input: unknown): Config {
  const { use, written, issues: ofUse } = takeUse(input);
  const issues = findPoisonedKeys(written);
  if (issues === undefined) {
    const message = `the config is nested more than ${MAX_DEPTH} levels deep, or contains itself`;
    throw new ConfigError([{ path: [], message }]);
  }
  issues.push(...ofUse);
  if (isObject(written)) checkListen(written["listen"], issues);
  const own = use === undefined ? schemas : createSchemas(use);
  const shape = checkShape(own.config, written);
  const config: Config | undefined =
    "data" in shape ? { ...shape.data, ...(use === undefined ? {} : { use }) } : undefined;
  const tree: ConfigTree<Hole> = config ?? readTree(written, use, own);
  checkRoutes(placesOf(tree), Object.keys(tree.services), issues);
  if (config !== undefined && issues.length === 0) return config;
  if ("issues" in shape) issues.push(...shape.issues);
  throw new ConfigError(distinct([...issues, ...tryKinds(tree)]));
}

/**
 * Finds keys by which a later copy of the config would change the prototype of objects; undefined for a config that is too deep. Goes
 * down level by level: what contains itself has no last one.
 */
function findPoisonedKeys(input: unknown): ConfigIssue[] | undefined {
  const issues: ConfigIssue[] = [];
  let level = new Map<unknown, ConfigPath>([[input, []]]);
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const below = new Map<unknown, ConfigPath>();
    for (const [value, path] of level) {
      const isList = Array.isArray(value);
      if (!isList && !isObject(value)) continue;
      for (const [key, part] of Object.entries<unknown>(value)) {
        const at = [...path, isList ? Number(key) : key];
        if (["__proto__", "constructor", "prototype"].includes(key))
          issues.push({ path: at, message: `the name ${key} is not allowed in a config`, atKey: true });
        if (typeof part === "object" && part !== null) below.set(part, at);
      }
    }
    if (below.size === 0) return issues;
    level = below;
  }
  return undefined;
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
