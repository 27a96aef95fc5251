import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

export const METHOD: RefusalKind = {
  code: "token.method",
  status: 405,
  title: "Method not allowed",
  detail: "Tokens are issued in answer to POST.",
};
export const BAD_REQUEST: RefusalKind = {
  code: "token.bad_request",
  status: 400,
  title: "Bad token request",
  detail: "The request for a token cannot be read.",
};
export const BAD_CLIENT: RefusalKind = {
  code: "token.client",
  status: 401,
  title: "Client authentication failed",
  detail: "The client is unknown, its secret is wrong, or it did not authenticate.",
};
export const BAD_GRANT_TYPE: RefusalKind = {
  code: "token.grant_type",
  status: 400,
  title: "Unsupported grant type",
  detail: "The only grant_type is client_credentials.",
};
export const BAD_SCOPE: RefusalKind = {
  code: "token.scope",
  status: 400,
  title: "Invalid scope",
  detail: "The client asks for a scope that it does not have.",
};
export const BUSY: RefusalKind = {
  code: "token.busy",
  status: 503,
  title: "Too many token requests",
  detail: "More clients are waiting to be authenticated than the gateway takes; try again.",
};

export const REFUSALS: readonly RefusalKind[] = [
  METHOD,
  BAD_REQUEST,
  BAD_CLIENT,
  BAD_GRANT_TYPE,
  BAD_SCOPE,
  BUSY,
];

/** What no cache may keep (RFC 6749, 5.1). */
export const NO_STORE = ["cache-control", "no-store", "pragma", "no-cache"] as const;

export const WRONG_METHOD: Reply = refuse(METHOD, { headers: ["allow", "POST"] });

/** A refusal as OAuth clients read it (RFC 6749, 5.2): plain JSON with `error`; `code` is the gateway's own. */
export function oauthError(
  kind: RefusalKind,
  error: string,
  { detail = kind.detail, headers = [] }: { detail?: string; headers?: readonly string[] } = {},
): Reply {
  return {
    status: kind.status,
    headers: ["content-type", "application/json", ...NO_STORE, ...headers],
    body: JSON.stringify({ error, error_description: detail, code: kind.code }),
    refusal: { kind, detail },
  };
}
