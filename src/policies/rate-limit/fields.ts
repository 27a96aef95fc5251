import type { LimitDecision, LimitTerms } from "../../core/limit-decision.ts";
import type { Clock } from "../../host/host.ts";

/** `name` is letters, digits, dots, dashes and underscores. `windowMs` 0: the limit has no window that could be told. */
export function limitTerms(name: string, limit: number, windowMs: number, concurrent: boolean): LimitTerms {
  const item = `"${name}"`;
  // The draft's `w` is whole seconds and optional; a window that is none is not rounded into another limit.
  const window = windowMs > 0 && windowMs % 1000 === 0 ? `;w=${windowMs / 1000}` : "";
  const unit = concurrent ? ';qu="concurrent-requests"' : "";
  return { item, policyItem: `${item};q=${limit}${unit}${window}`, limit: String(limit) };
}

/**
 * The fields of a response that limits have decided about, flat: the `X-RateLimit` three, which have room for one limit
 * and tell of the one that leaves the least, and those of draft-ietf-httpapi-ratelimit-headers, which list all. Empty where
 * clients are told of none.
 */
export function limitFields(decisions: readonly LimitDecision[], clock: Clock): string[] {
  const nowMs = clock.now();
  let tightest: LimitDecision | undefined;
  let limits = "";
  let policies = "";
  for (let i = 0; i < decisions.length; i++) {
    const decision = decisions[i]!;
    if (!decision.told) continue;
    const separator = tightest === undefined ? "" : ", ";
    if (tightest === undefined || decision.remaining < tightest.remaining) tightest = decision;
    const { terms, remaining } = decision;
    limits += `${separator}${terms.item};r=${remaining};t=${Math.ceil(fullInMs(decision, nowMs) / 1000)}`;
    policies += separator + terms.policyItem;
  }
  if (tightest === undefined) return [];
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

/** Of a limit of what is under way, nobody knows when that will be over. */
function fullInMs({ fullAtMs }: LimitDecision, nowMs: number): number {
  return fullAtMs === Infinity ? 0 : Math.max(0, fullAtMs - nowMs);
}
