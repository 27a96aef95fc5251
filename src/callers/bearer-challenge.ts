import type { RefusalKind } from "../http/refusal.ts";

/**
 * The value of `WWW-Authenticate` with which a bearer token is refused (RFC 6750, 3); the kind's detail is printable ASCII without
 * quotes and backslashes. A request without a token gets no error code: it may simply not have known (3.1).
 */
export function bearerChallenge(realm: string, kind: RefusalKind, bearsToken: boolean): string {
  const value = `Bearer realm="${realm}"`;
  if (!bearsToken) return value;
  const error = kind.status === 400 ? "invalid_request" : "invalid_token";
  return `${value}, error="${error}", error_description="${kind.detail}"`;
}
