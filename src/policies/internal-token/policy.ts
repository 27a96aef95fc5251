import type { JWTPayload } from "jose";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Around } from "../../contract/around.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import { findSigningKeys, signWithSecret } from "../../callers/signing-keys.ts";
import type { Tenant } from "../../core/tenant.ts";
import type { Host } from "../../host/host.ts";
import { internalTokenConfig, type InternalTokenConfig } from "./schema.ts";

export const internalTokenPolicy: PolicyKind<"internalToken", typeof internalTokenConfig> = {
  name: "internalToken",
  summary:
    "Tells services who is calling by a short-lived token of the gateway's own, which they can verify.",
  config: internalTokenConfig,
  refusals: [],
  facts: ({ header, claims }) => ({
    identityHeaders: [header],
    claims: claims.map((name, i) => ({ name, path: ["claims", i] })),
  }),
  create: (config, { host, signingKeys }) => new InternalToken(config, host, createSign(config, signingKeys)),
};

/**
 * A type of its own (RFC 8725, 3.11): who takes access tokens, this gateway first, must not take one of these, which a service
 * could send back to it.
 */
const TYPE = "internal+jwt";

type Sign = (claims: JWTPayload, type: string) => Promise<string>;

function createSign({ secret, signingKeys }: InternalTokenConfig, sets: Around["signingKeys"]): Sign {
  if (secret !== undefined) return signWithSecret(secret, "HS256");
  // The schema asks for one of the two.
  const keys = findSigningKeys(sets, signingKeys!, ["signingKeys"]);
  return (claims, type) => keys.sign(claims, type);
}

/** The token of one caller for one audience and tenant, made again from time to time. */
interface Issued {
  token: string;
  /** Wall clock, milliseconds: it is used from the first instant on, until just before the second. */
  fromMs: number;
  untilMs: number;
  pending: Promise<void> | undefined;
}

/**
 * By the caller itself: who remembers callers, such as jwt with its verdicts, thereby remembers their tokens, and what it forgets is
 * forgotten here.
 */
type ByCaller = WeakMap<Caller, Issued>;

/** Gives requests of a known caller a signed token to take along. */
class InternalToken implements Policy {
  readonly #config: InternalTokenConfig;
  readonly #host: Host;
  readonly #sign: Sign;
  /** By audience, then by tenant: one caller may act for several. Both are of the config, so that these are few. */
  readonly #issued = new Map<string, Map<Tenant | undefined, ByCaller>>();

  constructor(config: InternalTokenConfig, host: Host, sign: Sign) {
    this.#config = config;
    this.#host = host;
    this.#sign = sign;
  }

  request(x: Exchange): void | Promise<void> {
    const { caller } = x;
    const { service } = x.route;
    // Nobody to tell of, or nobody to tell.
    if (caller === undefined || (service === "" && this.#config.audience === undefined)) return undefined;
    const issued = this.#find(caller, x.tenant, service);
    const nowMs = this.#host.clock.wall();
    // A clock that was set back makes tokens that come from the future.
    if (nowMs < issued.fromMs || nowMs >= issued.untilMs) return this.#renew(x, caller, issued);
    x.forwardHeader(this.#config.header, issued.token);
    return undefined;
  }

  #find(caller: Caller, tenant: Tenant | undefined, service: string): Issued {
    const audience = this.#config.audience === undefined ? service : "";
    let byTenant = this.#issued.get(audience);
    if (byTenant === undefined) this.#issued.set(audience, (byTenant = new Map()));
    let byCaller = byTenant.get(tenant);
    if (byCaller === undefined) byTenant.set(tenant, (byCaller = new WeakMap()));
    let issued = byCaller.get(caller);
    if (issued === undefined) {
      issued = { token: "", fromMs: Infinity, untilMs: 0, pending: undefined };
      byCaller.set(caller, issued);
    }
    return issued;
  }

  async #renew(x: Exchange, caller: Caller, issued: Issued): Promise<void> {
    // Requests that come meanwhile wait for the one signature.
    issued.pending ??= this.#issue(caller, x.tenant, x.route.service, issued).finally(() => {
      issued.pending = undefined;
    });
    await issued.pending;
    x.forwardHeader(this.#config.header, issued.token);
  }

  async #issue(caller: Caller, tenant: Tenant | undefined, service: string, issued: Issued): Promise<void> {
    const { issuer, audience = service, expiresIn } = this.#config;
    const iat = Math.floor(this.#host.clock.wall() / 1000);
    const exp = iat + Math.floor(expiresIn / 1000);
    const claims = {
      ...this.#claimsOf(caller),
      iss: issuer,
      aud: audience,
      sub: caller.id,
      caller_kind: caller.kind,
      ...(tenant === undefined ? {} : { tenant: tenant.name }),
      ...(caller.scopes.length === 0 ? {} : { scope: caller.scopes.join(" ") }),
      iat,
      exp,
      jti: this.#host.random.hex(24),
    };
    issued.token = await this.#sign(claims, TYPE);
    issued.fromMs = iat * 1000;
    // Half of its life is left for the way: a request may wait for a connection, and clocks differ.
    issued.untilMs = ((iat + exp) / 2) * 1000;
  }

  /** What the caller's claims have themselves; `constructor` of a prototype is none. */
  #claimsOf({ claims }: Caller): Readonly<Record<string, unknown>> {
    const present = this.#config.claims.filter((name) => Object.hasOwn(claims, name));
    return Object.fromEntries(present.map((name) => [name, claims[name]]));
  }
}
