import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

const METHOD: RefusalKind = {
  code: "revoke.method",
  status: 405,
  title: "Method not allowed",
  detail: "Tokens are revoked in answer to POST.",
};
export const BAD_REQUEST: RefusalKind = {
  code: "revoke.bad_request",
  status: 400,
  title: "Bad revocation request",
  detail: "The request to revoke a token cannot be read.",
};
export const BAD_CLIENT: RefusalKind = {
  code: "revoke.client",
  status: 401,
  title: "Client authentication failed",
  detail: "The client is unknown, its secret is wrong, or it did not authenticate.",
};
export const NOT_ALLOWED: RefusalKind = {
  code: "revoke.not_allowed",
  status: 400,
  title: "Not this client's token",
  detail: "The client may only revoke tokens that were issued to it, and only by showing them.",
};
export const BAD_TOKEN: RefusalKind = {
  code: "revoke.token_type",
  status: 400,
  title: "Token that cannot be revoked",
  detail: "The token has no jti that could be remembered; revoke the tokens of its sub.",
};
export const FULL: RefusalKind = {
  code: "revoke.full",
  status: 503,
  title: "No room for the revocation",
  detail:
    "The token is not revoked: the gateway has no room to remember it. Try again when others have expired.",
};
export const BUSY: RefusalKind = {
  code: "revoke.busy",
  status: 503,
  title: "Too many revocation requests",
  detail: "The token is not revoked: more clients are waiting than the gateway takes; try again.",
};

export const REFUSALS: readonly RefusalKind[] = [
  METHOD,
  BAD_REQUEST,
  BAD_CLIENT,
  NOT_ALLOWED,
  BAD_TOKEN,
  FULL,
  BUSY,
];

export const WRONG_METHOD: Reply = refuse(METHOD, { headers: ["allow", "POST"] });
