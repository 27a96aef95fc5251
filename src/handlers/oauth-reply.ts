import type { Reply } from "../core/reply.ts";
import type { RefusalKind } from "../http/refusal.ts";

/** What no cache may keep (RFC 6749, 5.1). */
export const NO_STORE = ["cache-control", "no-store", "pragma", "no-cache"] as const;

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
