import type { RefusalKind } from "./refusal.ts";

/** Why a message is refused before any route is asked. The connection closes after each of these, 413 aside. */

export const BAD_REQUEST_LINE: RefusalKind = {
  code: "http.bad_request_line",
  status: 400,
  title: "Bad request line",
  detail:
    "A request begins with method, target and version, with one space between them, and ends with CR LF.",
};

export const VERSION_NOT_SUPPORTED: RefusalKind = {
  code: "http.version_not_supported",
  status: 505,
  title: "HTTP version not supported",
  detail: "Use HTTP/1.1 or HTTP/1.0 on this connection.",
};

export const METHOD_NOT_ALLOWED: RefusalKind = {
  code: "http.method_not_allowed",
  status: 405,
  title: "Method not allowed",
  detail: "The method is not allowed here.",
  // RFC 9110, 15.5.6, wants it: of a method that no route can have, the route is not even looked for.
  headers: ["allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
};

export const BAD_TARGET: RefusalKind = {
  code: "http.bad_target",
  status: 400,
  title: "Bad request target",
  detail: "The target is a path that begins with a slash, an http or https URL, or * for OPTIONS.",
};

export const AMBIGUOUS_PATH: RefusalKind = {
  code: "http.ambiguous_path",
  status: 400,
  title: "Ambiguous path",
  detail:
    "The path can be read in more than one way. Send it normalised, without dot segments or encoded slashes.",
};

export const TARGET_TOO_LONG: RefusalKind = {
  code: "http.target_too_long",
  status: 414,
  title: "URI too long",
  detail: "The request target is longer than this gateway accepts.",
};

export const BAD_HEADER: RefusalKind = {
  code: "http.bad_header",
  status: 400,
  title: "Bad header field",
  detail: "A header field is malformed.",
};

export const HEAD_TOO_LARGE: RefusalKind = {
  code: "http.head_too_large",
  status: 431,
  title: "Header fields too large",
  detail: "The request's header fields are larger than this gateway accepts.",
};

export const TOO_MANY_HEADERS: RefusalKind = {
  code: "http.too_many_headers",
  status: 431,
  title: "Too many header fields",
  detail: "The request has more header fields than this gateway accepts.",
};

export const BAD_HOST: RefusalKind = {
  code: "http.bad_host",
  status: 400,
  title: "Bad Host",
  detail: "A request names its host exactly once, as a name or address with an optional port.",
};

export const REPEATED_AUTHORIZATION: RefusalKind = {
  code: "http.repeated_authorization",
  status: 400,
  title: "Repeated Authorization",
  detail: "Send the Authorization header field once.",
};

export const BAD_FRAMING: RefusalKind = {
  code: "http.bad_framing",
  status: 400,
  title: "Bad message framing",
  detail: "The length of the body is not stated in exactly one way.",
};

export const UNSUPPORTED_TRANSFER_CODING: RefusalKind = {
  code: "http.unsupported_transfer_coding",
  status: 501,
  title: "Transfer coding not supported",
  detail: "The only transfer coding that is understood is chunked.",
};

export const EXPECTATION_FAILED: RefusalKind = {
  code: "http.expectation_failed",
  status: 417,
  title: "Expectation failed",
  detail: "The only expectation that is understood is 100-continue.",
};

export const BAD_CHUNK: RefusalKind = {
  code: "http.bad_chunk",
  status: 400,
  title: "Bad chunk",
  detail: "The chunked body is malformed.",
};

export const BODY_TOO_LARGE: RefusalKind = {
  code: "http.body_too_large",
  status: 413,
  title: "Body too large",
  detail: "The request's body is larger than this route accepts.",
};

export const REQUEST_TIMEOUT: RefusalKind = {
  code: "http.request_timeout",
  status: 408,
  title: "Request timeout",
  detail: "The request did not arrive in time.",
};

export const OVERLOADED: RefusalKind = {
  code: "http.overloaded",
  status: 503,
  title: "Overloaded",
  detail: "The gateway holds as much of unfinished requests as it may, and this one has waited longest.",
  headers: ["retry-after", "1"],
};

/** A service's answer that has no single reading. */
export const BAD_RESPONSE: RefusalKind = {
  code: "service.bad_response",
  status: 502,
  title: "Bad response",
  detail: "The service answered with something that is not valid HTTP.",
};

/** Every refusal that reading HTTP can end in; docs are made from it. */
export const HTTP_REFUSALS: readonly RefusalKind[] = [
  BAD_REQUEST_LINE,
  VERSION_NOT_SUPPORTED,
  METHOD_NOT_ALLOWED,
  BAD_TARGET,
  AMBIGUOUS_PATH,
  TARGET_TOO_LONG,
  BAD_HEADER,
  HEAD_TOO_LARGE,
  TOO_MANY_HEADERS,
  BAD_HOST,
  REPEATED_AUTHORIZATION,
  BAD_FRAMING,
  UNSUPPORTED_TRANSFER_CODING,
  EXPECTATION_FAILED,
  BAD_CHUNK,
  BODY_TOO_LARGE,
  REQUEST_TIMEOUT,
  OVERLOADED,
  BAD_RESPONSE,
];
