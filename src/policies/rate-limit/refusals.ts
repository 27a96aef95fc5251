import type { RefusalKind } from "../../http/refusal.ts";

export const EXCEEDED: RefusalKind = {
  code: "rateLimit.exceeded",
  status: 429,
  title: "Rate limit exceeded",
  detail: "Too many requests; wait as long as Retry-After says.",
  // Registered by draft-ietf-httpapi-ratelimit-headers, so that clients know it from any server.
  type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
};

/** 503 and not 429: this client has done nothing too often. */
export const TABLE_FULL: RefusalKind = {
  code: "rateLimit.table_full",
  status: 503,
  title: "Rate limit unavailable",
  detail: "So many clients are active that this one cannot be counted; try again soon.",
};

export const NO_KEY: RefusalKind = {
  code: "rateLimit.no_key",
  status: 400,
  title: "Request cannot be counted",
  detail: "The request lacks a header field, claim or tenant by which it would be limited.",
};
