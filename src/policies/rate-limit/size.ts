import type { Exchange } from "../../core/exchange.ts";
import { planOf } from "../../core/tenant.ts";
import type { LimitTerms } from "../../core/limit-decision.ts";
import type { LimitRule } from "../../zones/limit-rule.ts";
import { limitTerms } from "./fields.ts";
import type { Counting } from "./rule.ts";
import type { LimitConfig } from "./schema.ts";

/** A limit of one size. */
export interface Size {
  readonly limit: number;
  readonly rule: LimitRule;
  readonly terms: LimitTerms;
}

/** Sizes that callers' claims ask for are remembered, up to so many of them. */
const MOST_SIZES = 1000;

/** Finds the size that a limit has for an exchange. */
export function sizesOf(config: LimitConfig, counting: Counting): (x: Exchange) => Size {
  const make = (limit: number): Size => ({
    limit,
    rule: counting.rule(limit),
    terms: limitTerms(config.name, limit, counting.windowMs, counting.untilEnd),
  });
  const { limit } = config;
  if (typeof limit === "number") {
    const only = make(limit);
    return () => only;
  }
  const usual = make(limit.default);
  if ("plans" in limit) {
    const byPlan = new Map(Object.entries(limit.plans).map(([plan, size]) => [plan, make(size)]));
    return (x) => {
      const plan = planOf(x);
      return plan === undefined ? usual : (byPlan.get(plan) ?? usual);
    };
  }
  const sizes = new Map([[usual.limit, usual]]);
  return ({ caller }) => {
    const claimed = caller !== undefined && Object.hasOwn(caller.claims, limit.claim);
    const value = claimed ? caller.claims[limit.claim] : undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1) return usual;
    const size = Math.min(value, limit.max);
    const known = sizes.get(size);
    if (known !== undefined) return known;
    const made = make(size);
    if (sizes.size < MOST_SIZES) sizes.set(size, made);
    return made;
  };
}
