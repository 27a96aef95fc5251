import type { Identity } from "../../core/authenticator.ts";
import type { Caller } from "../../core/caller.ts";
import { describeClaimType, findMistyped, type ClaimTypes } from "../../callers/claim-type.ts";
import { isNumericDate, isStringList, readScopes } from "../../callers/claim-types.ts";
import { claimFields } from "../../callers/claims-to-headers.ts";
import { AUDIENCE, CLAIM_MISSING, CLAIM_TYPE, ISSUER, TYPE, type Fault } from "./refusals.ts";
import type { IntrospectionConfig } from "./schema.ts";

/** What the server says of an active token, ready to be used by every request that bears it. */
export interface TokenIdentity extends Identity {
  readonly caller: Caller;
  /** Wall clock, milliseconds: the first moment at which the token no longer passes. */
  readonly validUntilMs: number;
}

type Claims = Readonly<Record<string, unknown>>;

/** Checks what the server says of tokens that it says are active. */
export class AnswerRules {
  readonly #id: IntrospectionConfig["id"];
  readonly #issuers: ReadonlySet<unknown> | undefined;
  readonly #audiences: ReadonlySet<string> | undefined;
  readonly #plan: string | undefined;
  readonly #toHeaders: readonly (readonly [string, string])[];
  readonly #types: ClaimTypes;

  constructor(
    { id, issuer, audience, plan, claimsToHeaders }: IntrospectionConfig,
    claimTypes: ClaimTypes = {},
  ) {
    this.#id = id;
    this.#issuers = issuer === undefined ? undefined : new Set([issuer].flat());
    this.#audiences = audience === undefined ? undefined : new Set([audience].flat());
    this.#plan = plan;
    this.#types = claimTypes;
    this.#toHeaders = Object.entries(claimsToHeaders);
  }

  check(claims: Claims): TokenIdentity | Fault {
    if (!isForBearers(claims)) return { kind: TYPE };
    const fault =
      this.#checkIssuer(claims["iss"] ?? undefined) ?? this.#checkAudience(claims["aud"] ?? undefined);
    if (fault !== undefined) return fault;

    // One member and no other in its place: a client that is called as a user is would be that user.
    const id = claims[this.#id] ?? undefined;
    if (id === undefined) return missing(this.#id);
    if (typeof id !== "string" || id === "") return wrongType(this.#id, "a string that is not empty");
    const exp = claims["exp"] ?? undefined;
    if (exp !== undefined && !isNumericDate(exp)) return wrongType("exp", "a date in seconds");
    const scopes = readScopes(claims["scope"] ?? claims["scp"]);
    if (scopes === undefined) return wrongType("scope", "a string or a list of strings");
    const mistyped = findMistyped(claims, this.#types);
    if (mistyped !== undefined) return wrongType(mistyped, describeClaimType(this.#types[mistyped]!));
    const plan = this.#plan === undefined ? undefined : (claims[this.#plan] ?? undefined);
    if (plan !== undefined && (typeof plan !== "string" || plan === ""))
      return wrongType(this.#plan!, "a string that is not empty");
    const headers = claimFields(this.#toHeaders, claims);
    if ("unfit" in headers) return wrongType(headers.unfit, "text that a header can carry unchanged");

    const caller: Caller = { kind: "introspection", id, claims, scopes };
    return {
      caller: Object.freeze(plan === undefined ? caller : { ...caller, plan }),
      headers,
      validUntilMs: exp === undefined ? Infinity : exp * 1000,
    };
  }

  #checkIssuer(iss: unknown): Fault | undefined {
    if (this.#issuers === undefined) return undefined;
    if (iss === undefined) return missing("iss");
    return this.#issuers.has(iss) ? undefined : { kind: ISSUER };
  }

  #checkAudience(aud: unknown): Fault | undefined {
    if (this.#audiences === undefined) return undefined;
    if (aud === undefined) return missing("aud");
    const named = typeof aud === "string" ? [aud] : aud;
    if (!isStringList(named)) return wrongType("aud", "a string or a list of strings");
    return named.some((name) => this.#audiences!.has(name)) ? undefined : { kind: AUDIENCE };
  }
}

/** What servers call a token that is for whoever bears it; RFC 6749 has `bearer`, RFC 8693 `access_token` as well. */
const BEARER_TYPES: ReadonlySet<unknown> = new Set(["bearer", "access_token"]);
/** What servers call tokens that are only for themselves or their clients, in members of their own: `typ` (Keycloak), `token_use` (Hydra). */
const OTHER_USES: ReadonlySet<unknown> = new Set([
  "refresh",
  "offline",
  "id",
  "logout",
  "refresh_token",
  "id_token",
]);

/**
 * To the server a refresh token is active, too, and `token_type_hint` is a hint. A token with `cnf` is bound to a key of its client's
 * (RFC 8705, RFC 9449), and to show the token does not prove to have that key.
 */
function isForBearers({ token_type: type, token_use: use, typ, cnf }: Claims): boolean {
  if ((cnf ?? undefined) !== undefined) return false;
  if ((type ?? undefined) !== undefined && !BEARER_TYPES.has(lowerCase(type))) return false;
  return !OTHER_USES.has(lowerCase(use)) && !OTHER_USES.has(lowerCase(typ));
}

function lowerCase(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function missing(name: string): Fault {
  return { kind: CLAIM_MISSING, detail: `The token lacks the claim ${name}.` };
}

function wrongType(name: string, expected: string): Fault {
  return { kind: CLAIM_TYPE, detail: `The token's claim ${name} is not ${expected}.` };
}
