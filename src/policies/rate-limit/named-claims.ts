import type { NamedClaim } from "../../core/claim-name.ts";
import type { LimitConfig } from "./schema.ts";

/** The claims that a limit at `path` is counted by, and takes its size from. */
export function namedClaims({ key, limit }: LimitConfig, path: NamedClaim["path"]): readonly NamedClaim[] {
  const inKey = [key].flat().flatMap((part, i): readonly NamedClaim[] => {
    if (typeof part === "string" || !("claim" in part)) return [];
    const at = Array.isArray(key) ? [...path, "key", i, "claim"] : [...path, "key", "claim"];
    return [{ name: part.claim, path: at, takes: ["string", "number"] }];
  });
  return typeof limit === "object" && "claim" in limit
    ? [...inKey, { name: limit.claim, path: [...path, "limit", "claim"], takes: ["number"] }]
    : inKey;
}
