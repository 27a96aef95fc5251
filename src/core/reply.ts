import type { RefusalKind } from "../http/refusal.ts";

/** A response made by the gateway itself. */
export interface Reply {
  readonly status: number;
  /** Flat: name (lower case), value, name, value, ... */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Set when this reply refuses the request. Without a body of its own, the reply gets problem details. */
  readonly refusal?: Refusal;
}

/** A refusal of one request; `core/problem.ts` writes its body (RFC 9457). */
export interface Refusal {
  readonly kind: RefusalKind;
  /** Replaces the kind's detail where there is more to say. Never echoes a secret. */
  readonly detail?: string;
  /** Replaces the kind's title in the member `error` (a service's own wording). */
  readonly error?: string;
  /** Further members of the problem object (`retry_after`, `circuit`, `violated-policies`). */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The challenges of a reply (RFC 9110, 11.6.1). */
export function challengesOf({ headers = [] }: Reply): readonly string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1] === "www-authenticate");
}

/** Makes the reply that refuses. `headers` is flat, names in lower case; they stand for those of the kind. */
export function refuse(
  kind: RefusalKind,
  more: {
    detail?: string;
    error?: string;
    members?: Readonly<Record<string, unknown>>;
    headers?: readonly string[];
  } = {},
): Reply {
  const { headers = kind.headers, ...rest } = more;
  const refusal: Refusal = { kind, ...rest };
  return headers === undefined ? { status: kind.status, refusal } : { status: kind.status, headers, refusal };
}
