/** What a limit's config asks of requests, with the places below the policy's config, of which `at` is the limit's own. */
import type { NamedClaim } from "../../callers/claim-name.ts";
import type { PolicyNeeds } from "../../contract/facts.ts";
import { identityNeeds } from "./limit.ts";
import type { LimitConfig } from "./schema.ts";

/** Who must be known, and for which tenant. */
export function needsOf(config: LimitConfig, path: readonly (string | number)[]): readonly PolicyNeeds[] {
  return identityNeeds(config).map(({ field, caller, tenant }) => ({
    caller,
    tenant,
    params: [],
    path: [...path, field],
  }));
}

/** The claims that it reads. */
export function claimsOf(
  { key, limit }: LimitConfig,
  at: readonly (string | number)[],
): readonly NamedClaim[] {
  const inKey = [key].flat().flatMap((part, i): readonly NamedClaim[] => {
    if (typeof part === "string" || !("claim" in part)) return [];
    const path = Array.isArray(key) ? [...at, "key", i, "claim"] : [...at, "key", "claim"];
    return [{ name: part.claim, path, takes: ["string", "number"] }];
  });
  return typeof limit === "object" && "claim" in limit
    ? [...inKey, { name: limit.claim, path: [...at, "limit", "claim"], takes: ["number"] }]
    : inKey;
}

/** The header fields of clients that it counts by. */
export function clientHeadersOf(
  { key }: LimitConfig,
  at: readonly (string | number)[],
): readonly { header: string; path: readonly (string | number)[] }[] {
  return [key].flat().flatMap((part, i) => {
    if (typeof part === "string" || !("header" in part)) return [];
    return [{ header: part.header, path: Array.isArray(key) ? [...at, "key", i] : [...at, "key"] }];
  });
}
