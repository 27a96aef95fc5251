import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

export const UNAUTHENTICATED: RefusalKind = {
  code: "allow.unauthenticated",
  status: 401,
  title: "Authentication needed",
  detail: "What may pass here depends on who is calling, and the request does not say that: authenticate.",
};
export const FORBIDDEN: RefusalKind = {
  code: "allow.forbidden",
  status: 403,
  title: "Forbidden",
  detail: "The caller is known, and the rule of this route does not let the request pass.",
};
export const INSUFFICIENT_SCOPE: RefusalKind = {
  code: "allow.insufficient_scope",
  status: 403,
  title: "Insufficient scope",
  detail: "The caller lacks scopes that this route asks for.",
};
export const TIMEOUT: RefusalKind = {
  code: "allow.timeout",
  status: 503,
  title: "Authorization unavailable",
  detail: "The function that decides about this request did not do so in time; try again.",
};

export const REFUSALS: readonly RefusalKind[] = [UNAUTHENTICATED, FORBIDDEN, INSUFFICIENT_SCOPE, TIMEOUT];

/** Rules may be as long as one likes, what is said of them may not. */
const MOST_WORDS = 500;

/** The challenges of all that the route takes (RFC 9110, 15.5.2); undefined where it takes no credentials, and none would help. */
export function refuseUnknown(x: Exchange): Reply | undefined {
  const challenges = challengesAt(x);
  if (challenges.length === 0) return undefined;
  return refuse(UNAUTHENTICATED, { headers: challenges.flatMap((value) => ["www-authenticate", value]) });
}

function challengesAt(x: Exchange): readonly string[] {
  return x.route.identity?.challenges ?? [];
}

/** `unmet` says in words what does not hold. */
export function forbid(unmet: string): Reply {
  // What has several parts stands in parentheses as a whole.
  const bare = unmet.startsWith("(") ? unmet.slice(1, -1) : unmet;
  const words = bare.length > MOST_WORDS ? `${bare.slice(0, MOST_WORDS)}...` : bare;
  return refuse(FORBIDDEN, { detail: `The rule of this route does not hold: ${words}.` });
}

/** RFC 6750, 3.1. Scopes are printable ASCII without quotes and backslashes. */
export function refuseScopes(x: Exchange, kind: Caller["kind"], missing: readonly string[]): Reply {
  // Who came with a key or a password cannot get a token with more in it.
  const hasToken = kind === "jwt" || kind === "introspection";
  const bearer = hasToken ? challengesAt(x).find((value) => value.startsWith("Bearer ")) : undefined;
  const challenge = `${bearer}, error="insufficient_scope", scope="${missing.join(" ")}"`;
  return refuse(INSUFFICIENT_SCOPE, {
    detail: `The caller lacks ${missing.length === 1 ? "the scope" : "the scopes"} ${missing.join(", ")}.`,
    members: { missing_scopes: missing },
    ...(bearer === undefined ? {} : { headers: ["www-authenticate", challenge] }),
  });
}
