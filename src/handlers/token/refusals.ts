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

export const WRONG_METHOD: Reply = refuse(METHOD, { headers: ["allow", "POST"] });
