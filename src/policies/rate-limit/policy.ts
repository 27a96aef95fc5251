import type { z } from "zod";
import { below, ConfigMistake } from "../../lib/config-mistake.ts";
import { formatPath } from "../../lib/config-path.ts";
import type { StagedPolicyKind } from "../../contract/policy-kind.ts";
import type { Around } from "../../contract/around.ts";
import { clientHeadersOf, claimsOf, needsOf } from "./facts.ts";
import { LimitGates } from "./gate.ts";
import { checkPlans, Limit } from "./limit.ts";
import { EXCEEDED, NO_KEY, TABLE_FULL } from "./refusals.ts";
import { rateLimitConfig, type AmendmentConfig, type LimitConfig } from "./schema.ts";

type Config = z.output<typeof rateLimitConfig>;

/** How often a client may ask. */
export const rateLimitPolicy: StagedPolicyKind<"rateLimit", typeof rateLimitConfig> = {
  name: "rateLimit",
  summary: "Limits how many requests a client may send in a time.",
  config: rateLimitConfig,
  refusals: [EXCEEDED, TABLE_FULL, NO_KEY],
  facts(config) {
    const limits = placedLimits(config);
    return {
      inheritance: isAmendment(config) ? "amends" : "replaces",
      needs: limits.flatMap(({ config, path }) => needsOf(config, path)),
      claims: limits.flatMap(({ config, path }) => claimsOf(config, path)),
      clientHeaders: limits.flatMap(({ config, path }) => clientHeadersOf(config, path)),
    };
  },
  create: (config, around) =>
    isAmendment(config)
      ? amend(config, around)
      : new LimitGates(createLimits(config, around), around.host, around.events),
};

function isAmendment(config: Config): config is AmendmentConfig {
  return !Array.isArray(config) && !("limit" in config);
}

/** The limits around keep their counts: what a request of one route takes is missing on the others, too. */
function amend(config: AmendmentConfig, around: Around): LimitGates {
  const { amended, host, events } = around;
  if (amended === undefined) {
    throw new ConfigMistake(
      "this changes the limits of a group around it, and there are none",
      [],
      "give a group around it, or the whole gateway, a rateLimit with limit and window, or do so here",
    );
  }
  // What stands in the place of one that could not be made, or is not known: that is told of elsewhere.
  const outer = amended instanceof LimitGates ? amended : undefined;
  const { cost } = config;
  const limits = outer?.limits ?? [];
  const kept = cost === undefined ? limits : limits.map((limit) => limit.costing(cost));
  const added = createLimits(config, around, limits);
  return new LimitGates([...kept, ...added], host, events);
}

/** `others` hold beside them. */
function createLimits(config: Config, around: Around, others: readonly Limit[] = []): readonly Limit[] {
  const names = new Set(others.map((limit) => limit.config.name));
  return placedLimits(config).map(({ config, path }) => {
    const limit = createLimit(config, path, around);
    const { name } = config;
    if (names.has(name)) {
      throw new ConfigMistake(
        `two limits are called ${name}`,
        [...path, "name"],
        "give each a name, by which clients tell them apart",
      );
    }
    names.add(name);
    return limit;
  });
}

function createLimit(
  config: LimitConfig,
  path: readonly (string | number)[],
  { host, place, plans, state }: Around,
): Limit {
  return below(path, () => {
    checkPlans(config, plans);
    return new Limit(config, host, state, formatPath([...place, ...path]));
  });
}

interface PlacedLimit {
  readonly config: LimitConfig;
  readonly path: readonly (string | number)[];
}

function placedLimits(config: Config, path: readonly (string | number)[] = []): readonly PlacedLimit[] {
  if (Array.isArray(config)) return config.map((one, i) => ({ config: one, path: [...path, i] }));
  if (!isAmendment(config)) return [{ config, path }];
  return config.add === undefined ? [] : placedLimits(config.add, [...path, "add"]);
}
