import { bearerChallenge } from "../../callers/bearer-challenge.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

/** Why a token does not pass, whatever the time is. */
export interface Fault {
  readonly kind: RefusalKind;
  /** Says more than the kind does; for the body alone. */
  readonly detail?: string;
  /** When to try again, where that helps. */
  readonly retryAfterSeconds?: number;
}

const INVALID = "Invalid or expired token";

// The details are also the error_description of RFC 6750: printable ASCII without quotes and backslashes.
export const MISSING: RefusalKind = {
  code: "jwt.missing",
  status: 401,
  title: "Missing Bearer token",
  detail: "The route needs a token: send it as Authorization: Bearer <token>.",
};
export const AMBIGUOUS: RefusalKind = {
  code: "jwt.ambiguous",
  status: 400,
  title: "More than one token",
  detail: "The request bears more than one token or Authorization header; send exactly one.",
};
export const MALFORMED = invalid("malformed", "The token is not a well-formed signed JWT in compact form.");
export const ALGORITHM = invalid(
  "algorithm",
  "The token is signed with an algorithm that is not accepted here.",
);
export const TYPE = invalid("type", "The token says that it is no access token for its bearer.");
export const SIGNATURE = invalid("signature", "The token's signature does not verify.");
export const KEY_UNKNOWN = invalid("key_unknown", "The issuer has no key that fits the token.");
export const EXPIRED = invalid("expired", "The token has expired; get a new one.");
export const NOT_YET_VALID = invalid("not_yet_valid", "The token is not valid yet.");
export const REVOKED = invalid("revoked", "The token has been taken back; get a new one.");
export const ISSUER = invalid("issuer", "The token comes from an issuer that is not accepted here.");
export const AUDIENCE = invalid("audience", "The token is meant for another audience.");
export const CLAIM_MISSING = invalid("claim_missing", "The token lacks a claim that is required here.");
export const CLAIM_TYPE = invalid(
  "claim_type",
  "A claim of the token has a type or value that cannot be used.",
);
export const CLAIM_VALUE = invalid(
  "claim_value",
  "A claim of the token has a value that is not accepted here.",
);
export const KEYS_UNAVAILABLE: RefusalKind = {
  code: "jwt.keys_unavailable",
  status: 503,
  title: "Keys unavailable",
  detail: "The token cannot be checked, because the keys of its issuer cannot be had; try again later.",
};

export const REFUSALS: readonly RefusalKind[] = [
  MISSING,
  AMBIGUOUS,
  MALFORMED,
  ALGORITHM,
  TYPE,
  KEY_UNKNOWN,
  SIGNATURE,
  EXPIRED,
  NOT_YET_VALID,
  REVOKED,
  ISSUER,
  AUDIENCE,
  CLAIM_MISSING,
  CLAIM_TYPE,
  CLAIM_VALUE,
  KEYS_UNAVAILABLE,
];

function invalid(name: string, detail: string): RefusalKind {
  return { code: `jwt.${name}`, status: 401, title: INVALID, detail };
}

/** Makes the reply for a fault, with the challenge of RFC 6750, 3. Its detail says more in the body alone. */
export function challenge(realm: string, { kind, detail, retryAfterSeconds }: Fault): Reply {
  const more = detail === undefined ? {} : { detail };
  // Nothing is wrong with the request, and no other token would help.
  if (kind === KEYS_UNAVAILABLE)
    return refuse(kind, { headers: ["retry-after", String(retryAfterSeconds)], ...more });
  const value = bearerChallenge(realm, kind, kind !== MISSING);
  return refuse(kind, { headers: ["www-authenticate", value], ...more });
}
