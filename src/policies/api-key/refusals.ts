import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import type { ApiKeyConfig } from "./schema.ts";

export const MISSING: RefusalKind = {
  code: "apiKey.missing",
  status: 401,
  title: "Missing API key",
  detail: "The route needs an API key; WWW-Authenticate says where it is to be sent.",
};
export const AMBIGUOUS: RefusalKind = {
  code: "apiKey.ambiguous",
  status: 400,
  title: "More than one API key",
  detail: "The request has more than one API key; send exactly one.",
};
export const MALFORMED = invalid("malformed", "This is no API key: it is incomplete or mistyped.");
export const UNKNOWN = invalid("unknown", "There is no such API key.");
export const EXPIRED = invalid("expired", "The API key has expired; get a new one.");
export const DISABLED = invalid("disabled", "The API key is disabled; ask who gave it to you.");

export const REFUSALS: readonly RefusalKind[] = [MISSING, AMBIGUOUS, MALFORMED, UNKNOWN, EXPIRED, DISABLED];

function invalid(name: string, detail: string): RefusalKind {
  return { code: `apiKey.${name}`, status: 401, title: "Invalid API key", detail };
}

/** Makes the reply for `kind`. There is no registered scheme for keys, and a 401 has a challenge (RFC 9110, 15.5.2). */
export function challenge({ realm, from }: ApiKeyConfig, kind: RefusalKind): Reply {
  const [place, name] = "header" in from ? ["header", from.header] : ["query", from.query];
  return refuse(kind, {
    headers: ["www-authenticate", `ApiKey realm="${realm}", in="${place}", name="${name}"`],
  });
}
