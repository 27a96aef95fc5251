import { hash } from "node:crypto";
import { namedInHeaders, refuseSharedClaimHeaders } from "../../callers/claims-to-headers.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "../../core/authenticator.ts";
import type { Exchange } from "../../core/exchange.ts";
import { checkOutboundUrl } from "../../callers/outbound-url.ts";
import type { Around } from "../../contract/around.ts";
import type { AuthenticatorKind } from "../../contract/policy-kind.ts";
import { challengesOf, refuse, type Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import { isBearer } from "../../lib/bearer.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { AnswerRules, type TokenIdentity } from "./answer.ts";
import { AuthorizationServer } from "./authorization-server.ts";
import {
  AMBIGUOUS,
  challenge,
  EXPIRED,
  INACTIVE,
  MALFORMED,
  MISSING,
  REFUSALS,
  UNAVAILABLE,
} from "./refusals.ts";
import { introspectionConfig, type IntrospectionConfig } from "./schema.ts";

const MAX_TOKEN_BYTES = 8192;
/** What a Bearer token is made of (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Tokens that do not pass are remembered apart from those that do, so that a flood of them evicts nothing of value, and only for a
 * moment: one that is not active yet may soon be.
 */
const REFUSED_ENTRIES = 1000;
const REFUSED_FOR_MS = 10_000;

const unavailable = refuse(UNAVAILABLE);

interface Remembered<T> {
  readonly what: T;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

/** Says who is calling, by tokens of which their authorization server says that they are active. */
class IntrospectionAuthenticator implements Authenticator {
  readonly challenges: readonly string[];
  readonly #server: AuthorizationServer;
  readonly #rules: AnswerRules;
  readonly #clock: Clock;
  readonly #realm: string;
  readonly #optional: boolean;
  readonly #forwardToken: boolean;
  readonly #rememberedForMs: number;

  readonly #missing: Reply;
  readonly #ambiguous: Reply;
  readonly #malformed: Reply;
  readonly #inactive: Reply;
  readonly #expired: Reply;

  /** All keyed by the SHA-256 of the whole token: memory holds no token that could be used. */
  readonly #active: RecentMap<Remembered<TokenIdentity>>;
  readonly #refused = new RecentMap<Remembered<Reply>>(REFUSED_ENTRIES);
  /** Whom the server is being asked about: no more than it is asked at a time and may wait. */
  readonly #pending = new Map<string, Promise<TokenIdentity | Reply>>();

  constructor(config: IntrospectionConfig, around: Around) {
    const { host, claimTypes } = around;
    this.#server = new AuthorizationServer(config, around);
    this.#rules = new AnswerRules(config, claimTypes);
    this.#clock = host.clock;
    this.#realm = config.realm;
    this.#optional = config.optional;
    this.#forwardToken = config.forwardToken;
    this.#rememberedForMs = config.cache.ttl;
    this.#active = new RecentMap(config.cache.entries);
    this.#missing = challenge(config.realm, { kind: MISSING });
    this.challenges = challengesOf(this.#missing);
    this.#ambiguous = challenge(config.realm, { kind: AMBIGUOUS });
    this.#malformed = challenge(config.realm, { kind: MALFORMED });
    this.#inactive = challenge(config.realm, { kind: INACTIVE });
    this.#expired = challenge(config.realm, { kind: EXPIRED });
  }

  bears(x: Exchange): boolean {
    const { fields } = x.request.headers;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === "authorization" && isBearer(fields[i + 1]!)) return true;
    }
    return false;
  }

  identify(x: Exchange): Identity | Reply | Promise<Identity | Reply> {
    const { fields } = x.request.headers;
    let authorization: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== "authorization") continue;
      // Gateway and service might each believe another one.
      if (authorization !== undefined) return this.#ambiguous;
      authorization = fields[i + 1]!;
    }
    if (authorization === undefined || !isBearer(authorization))
      return this.#optional ? ANONYMOUS : this.#missing;
    const token = authorization.slice(7);
    if (token.length > MAX_TOKEN_BYTES || !TOKEN.test(token)) return this.#malformed;

    const key = hash("sha256", token, "base64");
    const nowMs = this.#clock.now();
    const active = this.#active.get(key);
    if (active !== undefined && nowMs < active.untilMs) return this.#admit(x, active.what);
    const refused = this.#refused.get(key);
    if (refused !== undefined && nowMs < refused.untilMs) return refused.what;
    let verdict = this.#pending.get(key);
    if (verdict === undefined) {
      if (this.#server.busy) return unavailable;
      verdict = this.#ask(token, key, nowMs);
      this.#pending.set(key, verdict);
    }
    return this.#answer(x, verdict);
  }

  /** A verdict is as old as the question: what happens to the token from then on, it does not know. */
  async #ask(token: string, key: string, askedMs: number): Promise<TokenIdentity | Reply> {
    try {
      const answer = await this.#server.ask(token);
      if (answer === "unavailable") return unavailable;
      const outcome = answer === "inactive" ? this.#inactive : this.#rules.check(answer);
      if ("caller" in outcome) {
        this.#active.set(key, { what: outcome, untilMs: askedMs + this.#rememberedForMs });
        return outcome;
      }
      const reply = "kind" in outcome ? challenge(this.#realm, outcome) : outcome;
      const untilMs = askedMs + Math.min(this.#rememberedForMs, REFUSED_FOR_MS);
      this.#refused.set(key, { what: reply, untilMs });
      return reply;
    } finally {
      this.#pending.delete(key);
    }
  }

  async #answer(x: Exchange, verdict: Promise<TokenIdentity | Reply>): Promise<Identity | Reply> {
    const outcome = await verdict;
    return "caller" in outcome ? this.#admit(x, outcome) : outcome;
  }

  /** The only way in. Whether the token has expired is asked with every request, however fresh the verdict is. */
  #admit(x: Exchange, identity: TokenIdentity): Identity | Reply {
    if (this.#clock.wall() >= identity.validUntilMs) return this.#expired;
    if (!this.#forwardToken) x.request.headers.delete("authorization");
    return identity;
  }
}

export const introspectionPolicy: AuthenticatorKind<"introspection", typeof introspectionConfig> = {
  name: "introspection",
  summary: "Lets requests pass that bear a token which its authorization server says is active (RFC 7662).",
  config: introspectionConfig,
  refusals: REFUSALS,
  establishes: "caller",
  facts: ({ plan, claimsToHeaders }) => ({
    credentials: ["Bearer credentials"],
    identityHeaders: Object.values(claimsToHeaders),
    claims: [
      ...(plan === undefined ? [] : [{ name: plan, path: ["plan"], takes: ["string" as const] }]),
      ...namedInHeaders(claimsToHeaders),
    ],
  }),
  create(config, around) {
    checkOutboundUrl(config.url, ["url"], "give the URL of the server's introspection endpoint");
    refuseSharedClaimHeaders(config.claimsToHeaders);
    return new IntrospectionAuthenticator(config, around);
  },
};
