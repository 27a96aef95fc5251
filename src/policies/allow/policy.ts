import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import type { Reply } from "../../core/reply.ts";
import type { Host } from "../../host/host.ts";
import { Check } from "./check.ts";
import { compileRule, rolePlaces } from "./compile-rule.ts";
import { asksForCaller, asksForRole, asksForTenant, checkTenants, paramsOf } from "./look-at-rule.ts";
import { UNKNOWN, YES, type Condition } from "./condition.ts";
import { namedClaims } from "./named-claims.ts";
import { forbid, refuseScopes, refuseUnknown, REFUSALS } from "./refusals.ts";
import { allowConfig, type AllowConfig } from "./schema.ts";

export const allowPolicy: PolicyKind<"allow", typeof allowConfig> = {
  name: "allow",
  summary:
    "Says who may pass: by roles, scopes and claims of the caller, by tenant, by methods, or by a function.",
  config: allowConfig,
  refusals: REFUSALS,
  facts: (config) => ({
    inheritance: config.inherit ? "adds" : "replaces",
    needs: [
      { caller: config.check !== undefined || asksForCaller(config), params: paramsOf(config) },
      { caller: false, tenant: asksForTenant(config), params: [] },
    ],
    claims: namedClaims(config),
  }),
  create(config, { host, tenants }) {
    checkTenants(config, tenants);
    if (config.roleClaim !== undefined && !asksForRole(config)) {
      throw new ConfigMistake(
        "nothing here asks for a role, so this is never looked at",
        ["roleClaim"],
        "add role, or remove it",
      );
    }
    return new AllowPolicy(config, host);
  },
};

/** Lets the requests pass for which its rule holds. */
class AllowPolicy implements Policy {
  readonly #rule: Condition;
  readonly #check: Check | undefined;

  constructor(config: AllowConfig, host: Host) {
    this.#rule = compileRule(config, rolePlaces(config.roleClaim));
    this.#check = config.check === undefined ? undefined : new Check(config.check, host.clock);
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    const verdict = this.#rule.test(x.caller, x);
    if (verdict === YES) return this.#check?.ask(x);
    if (verdict === UNKNOWN) return refuseUnknown(x) ?? forbid(this.#rule.words);
    return this.#refuse(x);
  }

  #refuse(x: Exchange): Reply {
    const { caller } = x;
    if (caller !== undefined) {
      const missing = this.#rule.missingScopes(caller, x);
      // More scopes are not always more: a `not` may exclude one of them.
      if (missing !== undefined) {
        const granted = { ...caller, scopes: [...caller.scopes, ...missing] };
        if (this.#rule.test(granted, x) === YES) return refuseScopes(x, caller.kind, missing);
      }
    }
    return forbid(this.#rule.unmet(caller, x));
  }
}
