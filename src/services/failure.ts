import type { RefusalKind } from "../http/refusal.ts";
import type { Outcome } from "./breaker/breaker.ts";
import { BUSY, CONNECT_TIMEOUT, NO_SOCKET, UNREACHABLE } from "./refusals.ts";

/** Why an attempt ended before its answer was whole, as facts: another attempt, the breaker and the log are decided by them. */
export interface Failure {
  /** What the client is told when there is no further attempt. */
  readonly refusal: RefusalKind;
  /** What was going on: waiting for a connection, opening one, sending the request, waiting for the answer's head, reading its body. */
  readonly stage: "queue" | "connect" | "send" | "head" | "body";
  /** Whose fault it is. `none`: a service may close a connection that it keeps, also just as it is used again. */
  readonly blame: "service" | "gateway" | "none";
  /** Whether any of the request may have reached the service. */
  readonly sent: "no" | "maybe";
}

function beforeSending(
  refusal: RefusalKind,
  stage: "queue" | "connect",
  blame: "service" | "gateway",
): Failure {
  return Object.freeze({ refusal, stage, blame, sent: "no" });
}

export const NO_FREE_CONNECTION = beforeSending(BUSY, "queue", "gateway");
const NO_SOCKET_LEFT = beforeSending(NO_SOCKET, "connect", "gateway");
const CONNECTION_REFUSED = beforeSending(UNREACHABLE, "connect", "service");
export const CONNECTION_LATE = beforeSending(CONNECT_TIMEOUT, "connect", "service");

/** Errors of connecting that are this machine's: too many files, no memory, no port left. */
const OWN_ERRORS: ReadonlySet<string | undefined> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
]);

/** A connection could not be opened, for this reason of the system's. */
export function connectFailure(code: string | undefined): Failure {
  if (OWN_ERRORS.has(code)) return NO_SOCKET_LEFT;
  return code === "ETIMEDOUT" ? CONNECTION_LATE : CONNECTION_REFUSED;
}

/** Whether the target let nobody in: the next one may, and this one is passed over for a while. */
export function isTargetDown({ stage, blame }: Failure): boolean {
  return stage === "connect" && blame === "service";
}

/** What the breaker is told: only the service's own faults count against it. */
export function outcomeOf({ blame }: Failure): Outcome {
  return blame === "service" ? "failure" : "ignored";
}
