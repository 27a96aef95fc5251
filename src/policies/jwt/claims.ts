import type { Identity } from "../../core/authenticator.ts";
import type { Caller } from "../../core/caller.ts";
import { describeClaimType, findMistyped, type ClaimTypes } from "../../callers/claim-type.ts";
import { isNumericDate, isStringList, readScopes } from "../../callers/claim-types.ts";
import { claimFields } from "../../callers/claims-to-headers.ts";
import { isJsonObject } from "../../lib/strict-json.ts";
import {
  AUDIENCE,
  CLAIM_MISSING,
  CLAIM_TYPE,
  CLAIM_VALUE,
  ISSUER,
  MALFORMED,
  TYPE,
  type Fault,
} from "./refusals.ts";
import type { JwtConfig } from "./schema.ts";

/** What is asked of the claims, beside what is asked of those of every token. */
export interface ClaimSettings extends Pick<
  JwtConfig,
  "audience" | "clockTolerance" | "requiredClaims" | "claimsToHeaders" | "plan"
> {
  readonly issuer: string | readonly string[] | undefined;
  readonly claimTypes: ClaimTypes | undefined;
}

/** What a valid token says, ready to be used by every request that bears it. */
export interface TokenIdentity extends Identity {
  readonly caller: Caller;
  /** Wall clock, milliseconds: the token passes from the first instant on, until just before the second. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** The generation of the zone of revocations in which it was last not found; 0: it was not looked for. */
  clearedAt: number;
}

/** How far `iat` may lie ahead: clocks differ, but a token from the future was not made by an honest issuer. */
const MAX_ISSUED_AHEAD_MS = 60_000;

/** Who only shows it has not proved to have the key (RFC 8705, RFC 9449): as a Bearer token it would be anybody's who got hold of it. */
const BOUND: Fault = {
  kind: TYPE,
  detail: "The token is bound to a key of its client's (cnf), and is no Bearer token.",
};
const UNEXPECTED_AUDIENCE: Fault = {
  kind: AUDIENCE,
  detail: "The token is for an audience (aud), and no name of this API is configured here.",
};

/** Checks the claims of tokens whose signature is good. */
export class ClaimRules {
  readonly #issuers: ReadonlySet<string> | undefined;
  readonly #audiences: ReadonlySet<string> | undefined;
  readonly #required: readonly string[];
  readonly #values: readonly RequiredValue[];
  readonly #toHeaders: readonly (readonly [string, string])[];
  readonly #plan: string | undefined;
  readonly #toleranceMs: number;
  readonly #types: ClaimTypes;

  constructor(config: ClaimSettings) {
    this.#issuers = config.issuer === undefined ? undefined : new Set([config.issuer].flat());
    this.#audiences = config.audience === undefined ? undefined : new Set([config.audience].flat());
    const required = config.requiredClaims.map((given) => (typeof given === "string" ? given : given.claim));
    this.#required = ["exp", "sub", ...required];
    this.#values = config.requiredClaims.filter((given) => typeof given !== "string");
    this.#plan = config.plan;
    this.#toHeaders = Object.entries(config.claimsToHeaders);
    this.#toleranceMs = config.clockTolerance;
    this.#types = config.claimTypes ?? {};
  }

  check(claims: unknown): TokenIdentity | Fault {
    if (!isJsonObject(claims)) return { kind: MALFORMED };
    for (const name of this.#required) if ((claims[name] ?? null) === null) return missing(name);
    const { sub, exp, nbf = 0, iat = 0, cnf } = claims;
    if ((cnf ?? null) !== null) return BOUND;
    if (typeof sub !== "string" || sub === "") return wrongType("sub", "a string that is not empty");
    if (!isNumericDate(exp)) return wrongType("exp", "a date in seconds");
    if (!isNumericDate(nbf)) return wrongType("nbf", "a date in seconds");
    if (!isNumericDate(iat)) return wrongType("iat", "a date in seconds");
    const scopes = readScopes(claims["scope"] ?? claims["scp"]);
    if (scopes === undefined) return wrongType("scope", "a string or a list of strings");

    const mistyped = findMistyped(claims, this.#types);
    if (mistyped !== undefined) return wrongType(mistyped, describeClaimType(this.#types[mistyped]!));

    const fault =
      this.#checkIssuer(claims["iss"]) ?? this.#checkAudience(claims["aud"]) ?? this.#checkValues(claims);
    if (fault !== undefined) return fault;
    const plan = this.#plan === undefined ? undefined : (claims[this.#plan] ?? undefined);
    if (plan !== undefined && (typeof plan !== "string" || plan === ""))
      return wrongType(this.#plan!, "a string that is not empty");

    const headers = claimFields(this.#toHeaders, claims);
    if ("unfit" in headers) return wrongType(headers.unfit, "text that a header can carry unchanged");
    return {
      caller: Object.freeze(
        plan === undefined
          ? { kind: "jwt", id: sub, claims, scopes }
          : { kind: "jwt", id: sub, claims, scopes, plan },
      ),
      headers,
      validFromMs: Math.max(nbf * 1000 - this.#toleranceMs, iat * 1000 - MAX_ISSUED_AHEAD_MS),
      validUntilMs: exp * 1000 + this.#toleranceMs,
      clearedAt: 0,
    };
  }

  #checkIssuer(iss: unknown): Fault | undefined {
    if (this.#issuers === undefined) return undefined;
    if (iss === undefined) return missing("iss");
    return typeof iss === "string" && this.#issuers.has(iss) ? undefined : { kind: ISSUER };
  }

  /** A token that names audiences is for those alone: without a name of our own it is not for us (RFC 7519, 4.1.3). */
  #checkAudience(aud: unknown): Fault | undefined {
    if (aud === undefined) return this.#audiences === undefined ? undefined : missing("aud");
    const named = typeof aud === "string" ? [aud] : aud;
    if (!isStringList(named)) return wrongType("aud", "a string or a list of strings");
    if (this.#audiences === undefined) return UNEXPECTED_AUDIENCE;
    return named.some((name) => this.#audiences!.has(name)) ? undefined : { kind: AUDIENCE };
  }

  /** A list has the value when one of its items is it. */
  #checkValues(claims: Readonly<Record<string, unknown>>): Fault | undefined {
    for (const { claim, values } of this.#values) {
      const given = [claims[claim]].flat();
      if (given.some((item) => values.some((value) => value === item))) continue;
      return {
        kind: CLAIM_VALUE,
        detail: `The token's claim ${claim} has a value that is not accepted here.`,
      };
    }
    return undefined;
  }
}

type RequiredValue = Exclude<ClaimSettings["requiredClaims"][number], string>;

function missing(name: string): Fault {
  return { kind: CLAIM_MISSING, detail: `The token lacks the claim ${name}.` };
}

function wrongType(name: string, expected: string): Fault {
  return { kind: CLAIM_TYPE, detail: `The token's claim ${name} is not ${expected}.` };
}
