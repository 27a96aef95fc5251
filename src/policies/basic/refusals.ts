import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";

export const MISSING: RefusalKind = {
  code: "basic.missing",
  status: 401,
  title: "Missing credentials",
  detail: "The route needs a name and a password: send them as HTTP Basic authentication.",
};
export const AMBIGUOUS: RefusalKind = {
  code: "basic.ambiguous",
  status: 400,
  title: "More than one Authorization header",
  detail: "The request has more than one Authorization header; send exactly one.",
};
export const MALFORMED: RefusalKind = {
  code: "basic.malformed",
  status: 401,
  title: "Invalid credentials",
  detail: "The Authorization header is no well-formed HTTP Basic authentication in UTF-8.",
};
/** One code for both: which names exist is nobody's business. */
export const WRONG: RefusalKind = {
  code: "basic.wrong",
  status: 401,
  title: "Invalid credentials",
  detail: "There is no such user, or the password is wrong.",
};
export const BUSY: RefusalKind = {
  code: "basic.busy",
  status: 503,
  title: "Too many passwords to verify",
  detail: "More clients are waiting for their passwords to be verified than the gateway takes; try again.",
  headers: ["retry-after", "1"],
};

export const REFUSALS: readonly RefusalKind[] = [MISSING, AMBIGUOUS, MALFORMED, WRONG, BUSY];

/** Makes the reply for `kind`, with the challenge of RFC 7617, 2.1. */
export function challenge(realm: string, kind: RefusalKind): Reply {
  return refuse(kind, { headers: ["www-authenticate", `Basic realm="${realm}", charset="UTF-8"`] });
}
