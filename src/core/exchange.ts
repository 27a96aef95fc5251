import type { Provenance } from "../http/forwarded/provenance.ts";
import type { RequestHead, ResponseHead } from "../http/head.ts";
import type { BodyEncoder } from "./body-encoder.ts";
import type { Caller } from "./caller.ts";
import type { Handler } from "./handler.ts";
import type { LimitDecision } from "./limit-decision.ts";
import type { BodySource, RequestBody, ResponseSink } from "./legs.ts";
import type { Route } from "./route.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Tenant } from "./tenant.ts";

/** Params of a route without any; shared, frozen. */
export const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

/**
 * What the request has been found to ask for: a route; a path that has others than its method; nothing that there is; the whole
 * gateway (`OPTIONS *`); or what a service may read otherwise than the router.
 */
export type Match = "found" | "methodNotAllowed" | "notFound" | "server" | "ambiguous";

/** One request and its response, from first byte to last. Fields stand in the order of its life. */
export class Exchange {
  // 1. The client's leg and what it sent.
  readonly snapshot: Snapshot;
  readonly responseSink: ResponseSink;
  /** One that is replayed, once a policy has read it. */
  requestBody: RequestBody;
  /** Who sent the request, by address and origin: what limits, logs and services are told of the client. */
  readonly client: Provenance;
  readonly request: RequestHead;
  /** Unique; answered, passed on and logged as `X-Request-Id`. */
  readonly id: string;
  /** W3C Trace Context: continued if valid, else begun; the span id is the gateway's own. */
  readonly traceparent: string;
  /** Monotonic milliseconds: when the head was complete. */
  readonly startedAt: number;

  /** Identity headers that the client sent, and that nobody but a policy which doubts them may see: flat name, value. */
  withheld: string[] | undefined = undefined;

  // 2. The route, and what answers: the route's handler, or another one where the match is none of a route's own.
  match: Match = "notFound";
  route: Route;
  handler: Handler;
  /** Values of `{param}` and of a trailing `*`, percent-decoded; a null-prototype object. */
  params: Readonly<Record<string, string>> = NO_PARAMS;
  /** How many of the route's steps the request has reached. */
  reached = 0;

  // 3. Set by the steps.
  /** Whether the request bore a credential of a kind that the route takes, when the identity step looked for one: it may be gone by now. */
  credential: "none" | "borne" = "none";
  caller: Caller | undefined = undefined;
  tenant: Tenant | undefined = undefined;
  /** What limits have decided, in the order in which the request met them. */
  limits: LimitDecision[] | undefined = undefined;
  /** Fields to set on the request that goes to a service, over what the client sent: flat name, value. */
  forwardHeaders: string[] | undefined = undefined;

  // 4. Set by the service handler.
  service = "";
  target = "";
  /** Milliseconds from the request's way to the service to the head of its answer; -1 when there was none. */
  serviceMs = -1;

  // 5. The bodies: who makes the response's, what encodes it on its way, and how much went by of both.
  source: BodySource | undefined = undefined;
  encoder: BodyEncoder | undefined = undefined;
  requestBytes = 0;
  responseBytes = 0;

  // 6. The response.
  response: ResponseHead | undefined = undefined;
  /** The response's head has gone to the client: its status can no longer change. */
  headWritten = false;
  /** No body follows the head: HEAD, 204, 304. */
  bodiless = false;
  /** The code of the refusal or failure, empty when there was none. */
  code = "";

  // 7. Over: `finished` in any case, `complete` when the client was given the whole response.
  finished = false;
  complete = false;

  constructor(
    snapshot: Snapshot,
    responseSink: ResponseSink,
    requestBody: RequestBody,
    client: Provenance,
    request: RequestHead,
    id: string,
    traceparent: string,
    startedAt: number,
  ) {
    this.snapshot = snapshot;
    snapshot.inFlight.begin();
    this.responseSink = responseSink;
    this.requestBody = requestBody;
    this.client = client;
    this.request = request;
    this.id = id;
    this.traceparent = traceparent;
    this.startedAt = startedAt;
    this.route = snapshot.unrouted;
    this.handler = snapshot.unrouted.handler;
  }

  /**
   * Sets a field of the request that goes to a service, over the client's own of that name and what policies before have set:
   * two of one name would leave it to the service which to believe.
   */
  forwardHeader(name: string, value: string): void {
    const fields = (this.forwardHeaders ??= []);
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== name) continue;
      fields[i + 1] = value;
      return;
    }
    fields.push(name, value);
  }
}
