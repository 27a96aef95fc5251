import { bearerChallenge } from "../../callers/bearer-challenge.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

/** Why a token does not pass. */
export interface Fault {
  readonly kind: RefusalKind;
  /** Says more than the kind does; for the body alone. */
  readonly detail?: string;
}

// The details are also the error_description of RFC 6750: printable ASCII without quotes and backslashes.
export const MISSING: RefusalKind = {
  code: "introspection.missing",
  status: 401,
  title: "Missing Bearer token",
  detail: "The route needs a token: send it as Authorization: Bearer <token>.",
};
export const AMBIGUOUS: RefusalKind = {
  code: "introspection.ambiguous",
  status: 400,
  title: "More than one Authorization header",
  detail: "The request has more than one Authorization header; send exactly one.",
};
export const MALFORMED = invalid(
  "malformed",
  "The token is empty, too long, or has characters that no token has.",
);
export const INACTIVE = invalid(
  "inactive",
  "The token is not active: it is unknown, has expired or was revoked.",
);
export const EXPIRED = invalid("expired", "The token has expired; get a new one.");
export const TYPE = invalid("type", "The token is no access token that its bearer may use.");
export const ISSUER = invalid("issuer", "The token comes from an issuer that is not accepted here.");
export const AUDIENCE = invalid("audience", "The token is meant for another audience.");
export const CLAIM_MISSING = invalid("claim_missing", "The token lacks a claim that is required here.");
export const CLAIM_TYPE = invalid(
  "claim_type",
  "A claim of the token has a type or value that cannot be used.",
);
export const UNAVAILABLE: RefusalKind = {
  code: "introspection.unavailable",
  status: 503,
  title: "Authorization server unavailable",
  detail: "The token cannot be checked, because the authorization server gives no answer; try again later.",
  headers: ["retry-after", "1"],
};

export const REFUSALS: readonly RefusalKind[] = [
  MISSING,
  AMBIGUOUS,
  MALFORMED,
  INACTIVE,
  EXPIRED,
  TYPE,
  ISSUER,
  AUDIENCE,
  CLAIM_MISSING,
  CLAIM_TYPE,
  UNAVAILABLE,
];

function invalid(name: string, detail: string): RefusalKind {
  return { code: `introspection.${name}`, status: 401, title: "Invalid or expired token", detail };
}

/** Makes the reply for a fault, with the challenge of RFC 6750, 3. */
export function challenge(realm: string, { kind, detail }: Fault): Reply {
  const value = bearerChallenge(realm, kind, kind !== MISSING);
  return refuse(kind, {
    headers: ["www-authenticate", value],
    ...(detail === undefined ? {} : { detail }),
  });
}
