import type { RefusalKind } from "../http/refusal.ts";

/** Refusals that blame the service's leg. */
export const CIRCUIT_OPEN: RefusalKind = {
  code: "service.circuit_open",
  status: 503,
  title: "Service unavailable",
  detail:
    "The service has failed repeatedly, and its circuit is open: it is not asked. Try again after Retry-After.",
};
export const UNREACHABLE: RefusalKind = {
  code: "service.unreachable",
  status: 503,
  title: "Service unavailable",
  detail: "No connection to the service could be opened.",
};
export const CONNECT_TIMEOUT: RefusalKind = {
  code: "service.connect_timeout",
  status: 503,
  title: "Service unavailable",
  detail: "No connection to the service was open in time.",
};
export const BUSY: RefusalKind = {
  code: "service.busy",
  status: 503,
  title: "Service unavailable",
  detail: "Every connection to the service is in use, and as many requests as may wait for one are waiting.",
};
export const NO_SOCKET: RefusalKind = {
  code: "service.no_socket",
  status: 503,
  title: "Service unavailable",
  detail: "The gateway's system gave it no socket for a connection to the service: too many are open.",
};
export const RESPONSE_TIMEOUT: RefusalKind = {
  code: "service.timeout",
  status: 504,
  title: "Service timed out",
  detail: "The service did not answer in time.",
};
export const BROKEN: RefusalKind = {
  code: "service.broken",
  status: 502,
  title: "Bad gateway",
  detail: "The service closed the connection before its answer was complete.",
};
export const STALLED: RefusalKind = {
  code: "service.stalled",
  status: 504,
  title: "Service timed out",
  detail: "The service stopped in the middle of its answer.",
};

export const SERVICE_REFUSALS: readonly RefusalKind[] = [
  CIRCUIT_OPEN,
  UNREACHABLE,
  CONNECT_TIMEOUT,
  BUSY,
  NO_SOCKET,
  RESPONSE_TIMEOUT,
  BROKEN,
  STALLED,
];
