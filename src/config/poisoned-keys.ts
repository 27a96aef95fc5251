import type { ConfigIssue, ConfigPath } from "./issue.ts";
import { isObject } from "./plain.ts";

/** Keys by which a later copy of the config would change the prototype of objects. */
export function findPoisonedKeys(
  value: unknown,
  issues: ConfigIssue[],
  path: ConfigPath = [],
  seen = new Set<object>(),
): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) findPoisonedKeys(member, issues, [...path, index], seen);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      issues.push({
        path: [...path, key],
        atKey: true,
        message: `the name ${key} is not allowed in a config`,
      });
    } else {
      findPoisonedKeys(value[key], issues, [...path, key], seen);
    }
  }
}
