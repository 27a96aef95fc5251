import { hash } from "node:crypto";
import { compactVerify, errors } from "jose";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy, type PolicyKind } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { decodeStrictJson } from "../../lib/strict-json.ts";
import { ClaimRules, type Fault, type Identity } from "./claims.ts";
import { readKeys, type VerificationKeys } from "./key.ts";
import {
  AMBIGUOUS,
  challenge,
  EXPIRED,
  MALFORMED,
  MISSING,
  NOT_YET_VALID,
  REFUSALS,
  SIGNATURE,
} from "./refusals.ts";
import { jwtConfig, type JwtConfig } from "./schema.ts";
import { MAX_TOKEN_BYTES, readAlgorithm } from "./token.ts";

/**
 * Bad tokens are remembered apart from good ones, so that a flood of them evicts nothing of value, and only for a moment:
 * a client that repeats its bad token costs a look-up instead of cryptography, while a verification that failed for
 * a passing reason is soon tried again.
 */
const REFUSED_ENTRIES = 1000;
const REFUSED_FOR_MS = 10_000;

/** Lets a request pass when it bears a valid token, and tells the service who is calling. */
class JwtPolicy implements Policy {
  readonly #keys: VerificationKeys;
  readonly #rules: ClaimRules;
  readonly #clock: Clock;
  readonly #realm: string;
  readonly #forwardToken: boolean;
  readonly #identityHeaders: readonly string[];

  readonly #missing: Reply;
  readonly #ambiguous: Reply;
  readonly #malformed: Reply;
  readonly #expired: Reply;
  readonly #notYetValid: Reply;

  /** All keyed by the SHA-256 of the whole token: none of it can be changed and still be found. */
  readonly #verified: RecentMap<Identity>;
  readonly #refused = new RecentMap<{ readonly reply: Reply; readonly untilMs: number }>(REFUSED_ENTRIES);
  readonly #pending = new Map<string, Promise<Identity | Fault>>();

  constructor(config: JwtConfig, clock: Clock) {
    this.#keys = readKeys(config);
    this.#rules = new ClaimRules(config);
    this.#clock = clock;
    this.#realm = config.realm;
    this.#forwardToken = config.forwardToken;
    this.#identityHeaders = identityHeaders(config);
    this.#missing = challenge(config.realm, MISSING);
    this.#ambiguous = challenge(config.realm, AMBIGUOUS);
    this.#malformed = challenge(config.realm, MALFORMED);
    this.#expired = challenge(config.realm, EXPIRED);
    this.#notYetValid = challenge(config.realm, NOT_YET_VALID);
    this.#verified = new RecentMap(config.cache.entries);
  }

  bears(x: Exchange): boolean {
    return x.request.headers.getAll("authorization").some(isBearer);
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    const { fields } = x.request.headers;
    for (const name of this.#identityHeaders) x.request.headers.delete(name);
    let authorization = "";
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== "authorization") continue;
      // Gateway and service might each believe another one.
      if (authorization !== "") return this.#ambiguous;
      authorization = fields[i + 1]!;
    }
    if (!isBearer(authorization)) return this.#missing;
    const token = authorization.slice(7);
    if (token.length > MAX_TOKEN_BYTES) return this.#malformed;

    const key = hash("sha256", token, "base64");
    const identity = this.#verified.get(key);
    if (identity !== undefined) return this.#admit(x, identity);
    const refused = this.#refused.get(key);
    if (refused !== undefined && this.#clock.now() < refused.untilMs) return refused.reply;

    const algorithm = readAlgorithm(token, this.#keys);
    if (typeof algorithm !== "string") return challenge(this.#realm, algorithm);
    return this.#decide(x, token, key, algorithm);
  }

  async #decide(x: Exchange, token: string, key: string, algorithm: string): Promise<Reply | void> {
    // Requests that come with one token while it is being verified wait for the one verification.
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = this.#verify(token, key, algorithm);
      this.#pending.set(key, pending);
    }
    const outcome = await pending;
    return "kind" in outcome ? this.#refuse(outcome.kind, outcome.detail) : this.#admit(x, outcome);
  }

  async #verify(token: string, key: string, algorithm: string): Promise<Identity | Fault> {
    try {
      const { payload } = await compactVerify(token, this.#keys.get(algorithm)!, { algorithms: [algorithm] });
      return this.#remember(key, this.#rules.check(decodeStrictJson(payload)));
    } catch (error) {
      if (error instanceof errors.JOSEError) return this.#remember(key, { kind: SIGNATURE });
      throw error;
    } finally {
      this.#pending.delete(key);
    }
  }

  #remember(key: string, outcome: Identity | Fault): Identity | Fault {
    if ("kind" in outcome) {
      const untilMs = this.#clock.now() + REFUSED_FOR_MS;
      this.#refused.set(key, { reply: this.#refuse(outcome.kind, outcome.detail), untilMs });
    } else {
      this.#verified.set(key, outcome);
    }
    return outcome;
  }

  /** The only way in. What is remembered of a token holds at any time; whether its time is now is asked with every request. */
  #admit(x: Exchange, identity: Identity): Reply | void {
    const nowMs = this.#clock.wall();
    if (nowMs >= identity.validUntilMs) return this.#expired;
    if (nowMs < identity.validFromMs) return this.#notYetValid;
    x.caller = identity.caller;
    const { headers } = identity;
    for (let i = 0; i < headers.length; i += 2) x.forwardHeader(headers[i]!, headers[i + 1]!);
    if (!this.#forwardToken) x.request.headers.delete("authorization");
  }

  #refuse(kind: RefusalKind, detail: string | undefined): Reply {
    return challenge(this.#realm, kind, detail);
  }
}

/** The scheme is named in any case (RFC 9110, 11.1), and one space follows. */
function isBearer(authorization: string): boolean {
  return (
    authorization.startsWith("Bearer ") ||
    (authorization.charCodeAt(6) === 0x20 && authorization.slice(0, 6).toLowerCase() === "bearer")
  );
}

function identityHeaders(config: JwtConfig): readonly string[] {
  return Object.values(config.claimsToHeaders);
}

export const jwtPolicy: PolicyKind<"jwt", typeof jwtConfig> = {
  name: "jwt",
  summary: "Lets requests pass that bear a valid JSON Web Token, and tells services who is calling.",
  config: jwtConfig,
  refusals: REFUSALS,
  authenticates: true,
  identityHeaders,
  create(config, host) {
    const claimByHeader = new Map<string, string>();
    for (const [claim, header] of Object.entries(config.claimsToHeaders)) {
      const other = claimByHeader.get(header);
      if (other !== undefined) {
        throw new PolicyConfigError(
          `the claims ${other} and ${claim} go to one header, ${header}`,
          ["claimsToHeaders", claim],
          "give each claim a header of its own",
        );
      }
      claimByHeader.set(header, claim);
    }
    return new JwtPolicy(config, host.clock);
  },
};
