import { hash } from "node:crypto";
import type { NamedClaim } from "../../callers/claim-name.ts";
import { namedInHeaders, refuseSharedClaimHeaders } from "../../callers/claims-to-headers.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "../../core/authenticator.ts";
import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Around } from "../../contract/around.ts";
import type { AuthenticatorKind } from "../../contract/policy-kind.ts";
import { challengesOf, type Reply } from "../../core/reply.ts";
import { findRevocations, type Revocations } from "../../callers/revocations.ts";
import type { Clock } from "../../host/host.ts";
import type { TokenIdentity } from "./claims.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { RecentTokens } from "./recent-tokens.ts";
import {
  AMBIGUOUS,
  challenge,
  EXPIRED,
  type Fault,
  KEY_UNKNOWN,
  KEYS_UNAVAILABLE,
  MALFORMED,
  MISSING,
  NOT_YET_VALID,
  REFUSALS,
  REVOKED,
} from "./refusals.ts";
import { ListedRevocations } from "./revocations.ts";
import { ZoneRevocations } from "./revocations-in-zone.ts";
import { jwtConfig, type JwtConfig } from "./schema.ts";
import { MAX_TOKEN_BYTES, readToken } from "./token.ts";
import { SEVERAL, TokenPlaces } from "./token-places.ts";
import { TrustedIssuers } from "./trusted-issuers.ts";
import type { KeySource } from "./key-source.ts";

/**
 * Bad tokens are remembered apart from good ones, so that a flood of them evicts nothing of value, and only for a moment:
 * a client that repeats its bad token costs a look-up instead of cryptography, while a verification that failed for
 * a passing reason is soon tried again.
 */
const REFUSED_ENTRIES = 1000;
const REFUSED_FOR_MS = 10_000;

/** Of the tokens that are remembered, one in this many by its own text, and no more than these. */
const RECENT_SHARE = 8;
const MOST_RECENT = 1024;

/** A request waits for its issuer's keys twice: for the attempt that is under way, and for one that began after it. */
const MOST_WAITS = 2;

/** A verdict that holds for as long as the keys are the same. */
interface Remembered<T> {
  readonly what: T;
  readonly keys: KeySource;
  readonly generation: number;
}

/** Says who is calling, by tokens that it verifies. */
class JwtAuthenticator implements Authenticator {
  readonly challenges: readonly string[];
  readonly #listed: ListedRevocations;
  readonly #zone: ZoneRevocations | undefined;
  readonly #issuers: TrustedIssuers;
  readonly #places: TokenPlaces;
  readonly #clock: Clock;
  readonly #realm: string;
  readonly #optional: boolean;

  readonly #missing: Reply;
  readonly #ambiguous: Reply;
  readonly #malformed: Reply;
  readonly #expired: Reply;
  readonly #notYetValid: Reply;
  readonly #revoked: Reply;

  readonly #recent: RecentTokens<Remembered<TokenIdentity>>;
  /** Keyed by the SHA-256 of the whole token: none of it can be changed and still be found. */
  readonly #verified: RecentMap<Remembered<TokenIdentity>>;
  readonly #refused = new RecentMap<Remembered<Reply> & { readonly untilMs: number }>(REFUSED_ENTRIES);

  constructor(config: JwtConfig, around: Around, zone: Revocations | undefined) {
    // What may be refused here comes before what asks others, and what leaves a timer behind is last.
    this.#listed = new ListedRevocations(config, around);
    this.#zone = zone && new ZoneRevocations(zone);
    this.#issuers = new TrustedIssuers(config, around);
    this.#listed.watch();
    this.#places = new TokenPlaces(config);
    this.#clock = around.host.clock;
    this.#realm = config.realm;
    this.#optional = config.optional;
    const { advice } = this.#places;
    this.#missing = challenge(config.realm, {
      kind: MISSING,
      ...(advice === undefined ? {} : { detail: advice }),
    });
    this.challenges = challengesOf(this.#missing);
    this.#ambiguous = challenge(config.realm, { kind: AMBIGUOUS });
    this.#malformed = challenge(config.realm, { kind: MALFORMED });
    this.#expired = challenge(config.realm, { kind: EXPIRED });
    this.#notYetValid = challenge(config.realm, { kind: NOT_YET_VALID });
    this.#revoked = challenge(config.realm, { kind: REVOKED });
    const { entries } = config.cache;
    const recent = Math.min(MOST_RECENT, powerOfTwoWithin(entries / RECENT_SHARE));
    this.#recent = new RecentTokens(recent);
    this.#verified = new RecentMap(entries - recent);
  }

  bears(x: Exchange): boolean {
    return this.#places.hold(x.request);
  }

  identify(x: Exchange): Identity | Reply | Promise<Identity | Reply> {
    const token = this.#places.take(x.request);
    if (token === SEVERAL) return this.#ambiguous;
    if (token === "") return this.#optional ? ANONYMOUS : this.#missing;
    if (token.length > MAX_TOKEN_BYTES) return this.#malformed;
    const recent = this.#recent.get(token);
    if (recent !== undefined && holds(recent)) return this.#admit(x, token, recent.what);
    return this.#decide(x, token, hash("sha256", token, "base64"), 0);
  }

  close(): void {
    this.#listed.close();
  }

  #decide(
    x: Exchange,
    token: string,
    key: string,
    waits: number,
  ): Identity | Reply | Promise<Identity | Reply> {
    const verified = this.#verified.get(key);
    if (verified !== undefined && holds(verified)) {
      this.#recent.set(token, verified);
      return this.#admit(x, token, verified.what);
    }
    const refused = this.#refused.get(key);
    if (refused !== undefined && holds(refused) && this.#clock.now() < refused.untilMs) return refused.what;

    const read = readToken(token);
    if ("code" in read) return this.#malformed;
    const verdict = this.#issuers.judge(read, waits < MOST_WAITS);
    if (verdict instanceof Promise) return this.#decideAfter(verdict, x, token, key, waits + 1);
    const { outcome } = verdict;
    if ("kind" in outcome) return this.#refuse(key, outcome, verdict.keys);
    const fault = this.#zone?.fault(outcome);
    if (fault !== undefined) return this.#refuse(key, fault, verdict.keys);
    this.#verified.set(key, remember(outcome, verdict.keys!));
    return this.#admit(x, token, outcome);
  }

  async #decideAfter(
    keys: Promise<void>,
    x: Exchange,
    token: string,
    key: string,
    waits: number,
  ): Promise<Identity | Reply> {
    await keys;
    return this.#decide(x, token, key, waits);
  }

  #refuse(key: string, fault: Fault, keys: KeySource | undefined): Reply {
    const reply = challenge(this.#realm, fault);
    // What cryptography has found is remembered. That a key is missing may be otherwise at any moment.
    if (keys !== undefined && fault.kind !== KEY_UNKNOWN && fault.kind !== KEYS_UNAVAILABLE)
      this.#refused.set(key, { ...remember(reply, keys), untilMs: this.#clock.now() + REFUSED_FOR_MS });
    return reply;
  }

  /** The only way in. What is remembered of a token holds at any time; whether its time is now, and whether it was revoked, is asked with every request. */
  #admit(x: Exchange, token: string, identity: TokenIdentity): Identity | Reply {
    const nowMs = this.#clock.wall();
    if (nowMs >= identity.validUntilMs) {
      this.#recent.delete(token);
      return this.#expired;
    }
    if (nowMs < identity.validFromMs) return this.#notYetValid;
    if (this.#listed.revoked(identity) || this.#zone?.revoked(identity) === true) return this.#revoked;
    this.#places.strip(x.request);
    return identity;
  }
}

function remember<T>(what: T, keys: KeySource): Remembered<T> {
  return { what, keys, generation: keys.generation };
}

function holds({ keys, generation }: Remembered<unknown>): boolean {
  return keys.generation === generation;
}

/** The largest power of two that is no more than `most`; 0 when there is none. */
function powerOfTwoWithin(most: number): number {
  return most < 1 ? 0 : 2 ** Math.floor(Math.log2(most));
}

function namedClaims({ requiredClaims, plan, claimsToHeaders }: JwtConfig): readonly NamedClaim[] {
  const required = requiredClaims.map((given, i): NamedClaim => {
    if (typeof given === "string") return { name: given, path: ["requiredClaims", i] };
    const { claim, values } = given;
    return { name: claim, path: ["requiredClaims", i, "claim"], compared: { what: "either", values } };
  });
  const ofPlan: readonly NamedClaim[] =
    plan === undefined ? [] : [{ name: plan, path: ["plan"], takes: ["string"] }];
  return [...required, ...ofPlan, ...namedInHeaders(claimsToHeaders)];
}

export const jwtPolicy: AuthenticatorKind<"jwt", typeof jwtConfig> = {
  name: "jwt",
  summary: "Lets requests pass that bear a valid JSON Web Token, and tells services who is calling.",
  config: jwtConfig,
  refusals: REFUSALS,
  establishes: "caller",
  facts: (config) => ({
    identityHeaders: Object.values(config.claimsToHeaders),
    credentials: [
      ...(config.from.header ? ["Bearer credentials"] : []),
      ...(config.from.query === undefined ? [] : [`the query parameter ${config.from.query}`]),
    ],
    claims: namedClaims(config),
  }),
  create(config, around) {
    refuseSharedClaimHeaders(config.claimsToHeaders);
    if (!config.from.header && config.from.cookie === undefined && config.from.query === undefined) {
      throw new ConfigMistake(
        "there is no place that a token is taken from",
        ["from"],
        "leave header on, or name a cookie or a query parameter",
      );
    }
    const { revocations: name } = config;
    const zone = name === undefined ? undefined : findRevocations(around.revocations, name, "read");
    return new JwtAuthenticator(config, around, zone);
  },
};
