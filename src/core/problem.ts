import type { RefusalKind } from "../http/refusal.ts";
import type { Exchange } from "./exchange.ts";
import type { Refusal } from "./reply.ts";

/** Where the docs explain each code. */
const PROBLEM_DOCS = "https://portcullis.dev/problems#";

/** The URI that names a kind of problem (RFC 9457, 3.1.1). */
export function problemType(kind: RefusalKind): string {
  return kind.type ?? PROBLEM_DOCS + kind.code;
}

/** The body of a refusal: problem details (RFC 9457), with `error` and further members beside them. */
export function problemBody(x: Exchange, refusal: Refusal, status: number): string {
  const { kind } = refusal;
  return JSON.stringify({
    type: problemType(kind),
    title: kind.title,
    status,
    detail: refusal.detail ?? kind.detail,
    code: kind.code,
    requestId: x.id,
    error: refusal.error ?? kind.title,
    ...refusal.members,
  });
}
