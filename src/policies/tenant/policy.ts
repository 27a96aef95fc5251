import type { NamedClaim } from "../../callers/claim-name.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Around } from "../../contract/around.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import type { PolicyNeeds } from "../../contract/facts.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { Tenant } from "../../core/tenant.ts";
import {
  FEATURE_OFF,
  INVALID,
  MISMATCH,
  MISSING,
  REFUSALS,
  SUSPENDED,
  UNBOUND,
  UNKNOWN,
} from "./refusals.ts";
import { tenantConfig, type FindingConfig, type Source } from "./schema.ts";
import { agree, DISAGREE, INVALID_CLAIM, NOTHING, readAll, type TenantName } from "./sources.ts";

export const tenantPolicy: PolicyKind<"tenant", typeof tenantConfig> = {
  name: "tenant",
  summary: "Finds the tenant that a request is for, holds it to the credential, and tells services.",
  config: tenantConfig,
  refusals: REFUSALS,
  establishes: "tenant",
  facts: (config, { tenants }) =>
    "from" in config
      ? {
          identityHeaders: identityHeaders(config, tenants),
          needs: [needsOf(config)],
          claims: config.from.flatMap(nameClaim),
        }
      : { inheritance: "adds", needs: [{ caller: false, outer: true, params: [] }] },
  create(config, { tenants }) {
    if (tenants.size === 0) {
      throw new ConfigMistake("there are no tenants", [], "add them at the top of the config: tenants");
    }
    checkFeature(config.feature, tenants);
    if (!("from" in config)) return new FeaturePolicy(config.feature);
    checkHeader(config.header, tenants);
    return new TenantPolicy(config, tenants);
  },
};

function nameClaim(source: Source, i: number): readonly NamedClaim[] {
  return "claim" in source ? [{ name: source.claim, path: ["from", i, "claim"], takes: ["string"] }] : [];
}

/**
 * Finds the tenant of a request. A credential that names one binds the request to it; what the request says besides may only
 * repeat that. Names are compared before any is looked up, so that callers do not learn which other tenants there are.
 */
class TenantPolicy implements Policy {
  readonly #tenants: ReadonlyMap<string, Tenant>;
  readonly #config: FindingConfig;
  readonly #ofCredential: (x: Exchange) => TenantName;
  readonly #ofRequest: (x: Exchange) => TenantName;

  constructor(config: FindingConfig, tenants: ReadonlyMap<string, Tenant>) {
    this.#tenants = tenants;
    this.#config = config;
    this.#ofCredential = readAll(config.from.filter((source) => "claim" in source));
    this.#ofRequest = readAll(config.from.filter((source) => !("claim" in source)));
  }

  request(x: Exchange): Reply | void {
    const { required, trustUnbound, feature, header } = this.#config;
    const bound = this.#ofCredential(x);
    if (bound === INVALID_CLAIM) return refuse(INVALID);
    const said = agree(bound, this.#ofRequest(x));
    if (said === DISAGREE) return refuse(MISMATCH);
    // Whoever has any credential could otherwise take every tenant's place.
    const unbound = bound === NOTHING && x.caller !== undefined && !trustUnbound;
    if (typeof said !== "string") {
      if (required) return refuse(unbound ? UNBOUND : MISSING);
      return feature === undefined ? undefined : refuse(FEATURE_OFF);
    }
    if (unbound) return refuse(UNBOUND);
    const tenant = this.#tenants.get(said);
    if (tenant === undefined) return refuse(UNKNOWN);
    x.tenant = tenant;
    if (tenant.suspended) return refuse(SUSPENDED);
    if (feature !== undefined && !tenant.features.has(feature)) return refuse(FEATURE_OFF);
    x.forwardHeader(header, tenant.name);
    const { headers } = tenant;
    for (let i = 0; i < headers.length; i += 2) x.forwardHeader(headers[i]!, headers[i + 1]!);
    return undefined;
  }
}

/** Asks one feature more of the tenant that the policy before it has found. */
class FeaturePolicy implements Policy {
  readonly #feature: string;

  constructor(feature: string) {
    this.#feature = feature;
  }

  request(x: Exchange): Reply | void {
    return x.tenant?.features.has(this.#feature) === true ? undefined : refuse(FEATURE_OFF);
  }
}

/** Also those by which clients name a tenant: on routes without this policy a service would believe them. */
function identityHeaders(config: FindingConfig, tenants: Around["tenants"]): readonly string[] {
  const names = new Set([config.header]);
  for (const source of config.from) if ("header" in source) names.add(source.header);
  for (const { headers } of tenants.values())
    for (let i = 0; i < headers.length; i += 2) names.add(headers[i]!);
  return [...names];
}

function needsOf(config: FindingConfig): PolicyNeeds {
  const onlyClaims = config.from.every((source) => "claim" in source);
  return { caller: onlyClaims, params: [], path: ["from"] };
}

function checkFeature(feature: string | undefined, tenants: ReadonlyMap<string, Tenant>): void {
  if (feature === undefined) return;
  const features = new Set([...tenants.values()].flatMap((tenant) => [...tenant.features]));
  if (features.has(feature)) return;
  throw new ConfigMistake(
    `no tenant has the feature ${JSON.stringify(feature)}, so no request could pass`,
    ["feature"],
    features.size === 0 ? "add it to the features of a tenant" : `there are: ${[...features].join(", ")}`,
  );
}

function checkHeader(header: string, tenants: ReadonlyMap<string, Tenant>): void {
  for (const { name, headers } of tenants.values()) {
    if (!headers.some((field, i) => i % 2 === 0 && field === header)) continue;
    throw new ConfigMistake(
      `the tenant ${name} has a header ${header} of its own, which would stand in place of its name`,
      ["header"],
      "give one of them another name",
    );
  }
}
