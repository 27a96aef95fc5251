import type { RefusalKind } from "../../http/refusal.ts";

export const BAD_HEADER: RefusalKind = {
  code: "validate.header",
  status: 400,
  title: "Header field missing or not allowed",
  detail: "A header field that this route asks for is missing, or has a value that is not allowed.",
};

export const BAD_QUERY: RefusalKind = {
  code: "validate.query",
  status: 400,
  title: "Query parameter missing or not allowed",
  detail: "A query parameter that this route asks for is missing, or one is not allowed.",
};

export const CONTENT_TYPE: RefusalKind = {
  code: "validate.content_type",
  status: 415,
  title: "Unsupported content type",
  detail: "This route takes no bodies of this content type; the Accept field lists those it takes.",
};

export const CONTENT_ENCODING: RefusalKind = {
  code: "validate.content_encoding",
  status: 415,
  title: "Unsupported content encoding",
  detail:
    "This route checks what is sent to it, and takes no encoded bodies: send it without Content-Encoding.",
  // RFC 9110, 12.5.3: which codings would have been taken.
  headers: ["accept-encoding", "identity"],
};

export const BODY_MISSING: RefusalKind = {
  code: "validate.body_missing",
  status: 400,
  title: "Body missing",
  detail: "This route needs a request with a body.",
};

export const BODY_TOO_LARGE: RefusalKind = {
  code: "validate.body_too_large",
  status: 413,
  title: "Body too large",
  detail: "The body is larger than this route checks.",
};

export const BODY_MALFORMED: RefusalKind = {
  code: "validate.body_malformed",
  status: 400,
  title: "Malformed body",
  detail:
    "The body is not JSON in UTF-8, or has more than one reading: a member that occurs twice, a member of the name __proto__, or more than 32 levels.",
};

export const BODY: RefusalKind = {
  code: "validate.body",
  status: 422,
  title: "Body not valid",
  detail: "The body is JSON, but not as this route expects it; errors lists what is wrong.",
};
