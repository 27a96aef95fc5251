import type { RequestHead, ResponseHead } from "../http/head.ts";
import type { Caller } from "./caller.ts";
import type { ClientLeg } from "./legs.ts";
import type { BodySink, BodySource } from "./legs.ts";
import type { BodyEncoder } from "./body-encoder.ts";
import type { Route } from "./route.ts";

/** Params of a route without any; shared, frozen. */
export const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

/** One request and its response, from first byte to last. Fields are set in the order of the life of a request. */
export class Exchange {
  /** 1. The client's leg and what it sent. */
  readonly client: ClientLeg;
  readonly request: RequestHead;
  /** Unique; answered and passed on as `X-Request-Id`. */
  readonly id: string;
  /** W3C Trace Context: continued if valid, else begun; the span id is the gateway's own. */
  readonly traceparent: string;
  /** Monotonic, milliseconds: when the head was complete. */
  readonly startedAt: number;

  /** 2. The route. */
  route: Route;
  /** Values of `{param}` and of a trailing `*` (as `"*"`), percent-decoded; a null-prototype object. */
  params: Readonly<Record<string, string>> = NO_PARAMS;
  /** How many policies the request has reached. */
  reached = 0;

  /** 3. Set by policies. */
  caller: Caller | undefined = undefined;
  /** Header fields to set on the request that goes to a service, over what the client sent: flat name, value. */
  readonly forwardHeaders: string[] = [];

  /** 4. Set by the service handler. */
  service = "";
  target = "";
  /** Milliseconds from sending the request to the service to the head of its answer; -1 when there was none. */
  serviceMs = -1;

  /** 5. The response. */
  response: ResponseHead | undefined = undefined;
  /** The code of the refusal or failure, empty when there was none. */
  code = "";
  /** Set by a response hook to encode the body. */
  encoder: BodyEncoder | undefined = undefined;
  /** Body bytes received from and sent to the client. */
  requestBytes = 0;
  responseBytes = 0;

  /** 6. Over. */
  finished = false;
  /** The client saw the whole response. */
  complete = false;

  /** Who takes the request's body, once somebody does. */
  sink: BodySink | undefined = undefined;
  /** Who makes the response's body. */
  source: BodySource | undefined = undefined;

  constructor(
    client: ClientLeg,
    request: RequestHead,
    id: string,
    traceparent: string,
    startedAt: number,
    route: Route,
  ) {
    this.client = client;
    this.request = request;
    this.id = id;
    this.traceparent = traceparent;
    this.startedAt = startedAt;
    this.route = route;
  }
}
