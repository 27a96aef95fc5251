import type { RefusalKind } from "../http/refusal.ts";

/** Refusals of the pipeline itself. */
export const NOT_FOUND: RefusalKind = {
  code: "route.not_found",
  status: 404,
  title: "Not found",
  detail: "No route of this gateway takes the request: its path, host, headers or query fit none.",
};
export const METHOD_NOT_ALLOWED: RefusalKind = {
  code: "route.method_not_allowed",
  status: 405,
  title: "Method not allowed",
  detail: "The path exists, but not with this method; the Allow field lists those it has.",
};
export const LOOP_DETECTED: RefusalKind = {
  code: "http.loop",
  status: 508,
  title: "Loop detected",
  detail:
    "The request's Via field names this gateway: it has passed here before. Give chained gateways different names.",
};
export const NO_CREDENTIAL: RefusalKind = {
  code: "auth.missing",
  status: 401,
  title: "Missing credentials",
  detail: "The route needs one of several kinds of credentials; WWW-Authenticate lists them.",
};
export const SEVERAL_CREDENTIALS: RefusalKind = {
  code: "auth.ambiguous",
  status: 400,
  title: "More than one kind of credentials",
  detail:
    "The request bears credentials of more than one kind, and they may be those of two callers; send one.",
};
export const INTERNAL_ERROR: RefusalKind = {
  code: "internal",
  status: 500,
  title: "Internal error",
  detail: "The gateway failed to handle this request; its log has the cause under the request's id.",
};

export const CORE_REFUSALS: readonly RefusalKind[] = [
  NOT_FOUND,
  METHOD_NOT_ALLOWED,
  LOOP_DETECTED,
  NO_CREDENTIAL,
  SEVERAL_CREDENTIALS,
  INTERNAL_ERROR,
];
