import { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import type { ClaimsOf, ClaimTypes, UntypedClaims } from "../../callers/claim-type.ts";
import { duration } from "../../lib/schema.ts";

/** What the gateway knows of a request beside what it says itself. */
export interface FetchExchange<Types extends ClaimTypes = UntypedClaims> {
  /** The request's id, answered as `X-Request-Id` and written to the log. */
  readonly id: string;
  /** Values of the route's `{param}`s and of a trailing `*`, percent-decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** Who is calling, if a policy of the route has established it. */
  readonly caller: Caller<ClaimsOf<Types>> | undefined;
  /** The client's IP address. */
  readonly clientAddress: string;
}

/**
 * Answers a request in the gateway's own process; a Hono app's `fetch` is one. `request.signal` is aborted when the client
 * goes away, or the answer takes longer than the handler's `timeout`. A throw or a rejection is answered with 500 and logged.
 */
export type FetchFunction<Types extends ClaimTypes = UntypedClaims> = (
  request: Request,
  exchange: FetchExchange<Types>,
) => Response | Promise<Response>;

const fetchFunction = z.custom<FetchFunction>((given) => typeof given === "function", {
  error: "expected a function (request, exchange) => Response (only a config in TypeScript can have one)",
  params: { wrongType: true },
});

const withTimeout = z.strictObject({
  answer: fetchFunction.describe("The function (request, exchange) => Response."),
  timeout: duration()
    .prefault("60s")
    .describe("From the call to the response's head; a stream may take as long as it likes."),
});

export const fetchConfig = z
  .union([fetchFunction.transform((answer) => withTimeout.parse({ answer })), withTimeout])
  .describe("A function (request, exchange) => Response; only in a config in TypeScript.");
