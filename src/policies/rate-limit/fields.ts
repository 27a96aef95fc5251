import type { LimitDecision, LimitTerms } from "../../core/limit-decision.ts";
import type { Clock } from "../../host/host.ts";

/** `name` is letters, digits, dots, dashes and underscores. */
export function limitTerms(name: string, limit: number, windowMs: number): LimitTerms {
  const item = `"${name}"`;
  // The draft's `w` is whole seconds and optional; a window that is none is not rounded into another limit.
  const window = windowMs % 1000 === 0 ? `;w=${windowMs / 1000}` : "";
  return { item, policyItem: `${item};q=${limit}${window}`, limit: String(limit) };
}

/**
 * The fields of a response that limits have decided about, flat: the `X-RateLimit` three, which have room for one limit
 * and tell of the one that leaves the least, and those of draft-ietf-httpapi-ratelimit-headers, which list all.
 */
export function limitFields(decisions: readonly LimitDecision[], clock: Clock): string[] {
  const nowMs = clock.now();
  let tightest = decisions[0]!;
  let limits = "";
  let policies = "";
  for (let i = 0; i < decisions.length; i++) {
    const decision = decisions[i]!;
    if (decision.remaining < tightest.remaining) tightest = decision;
    const { terms, remaining } = decision;
    const separator = i === 0 ? "" : ", ";
    limits += `${separator}${terms.item};r=${remaining};t=${Math.ceil(fullInMs(decision, nowMs) / 1000)}`;
    policies += separator + terms.policyItem;
  }
  return [
    "x-ratelimit-limit",
    tightest.terms.limit,
    "x-ratelimit-remaining",
    String(tightest.remaining),
    "x-ratelimit-reset",
    String(Math.ceil((clock.wall() + fullInMs(tightest, nowMs)) / 1000)),
    "ratelimit-policy",
    policies,
    "ratelimit",
    limits,
  ];
}

function fullInMs(decision: LimitDecision, nowMs: number): number {
  return Math.max(0, decision.fullAtMs - nowMs);
}
