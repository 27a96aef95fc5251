import { beginResponse, breakOff, endResponse, writeBody, writeInterim } from "../core/respond.ts";
import { refuse } from "../core/reply.ts";
import type { Exchange } from "../core/exchange.ts";
import type { BodySink, BodySource } from "../core/legs.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import type { RefusalKind } from "../http/refusal.ts";
import { REFUSED, type Outcome, type Permit } from "./breaker/breaker.ts";
import { isTargetDown, outcomeOf, type Failure } from "./failure.ts";
import { CIRCUIT_OPEN } from "./refusals.ts";
import { requestText } from "./request-text.ts";
import type { Service } from "./service.ts";
import { NEVER, type ServiceTarget } from "./target.ts";
import type { ConnectionUser, ServiceConnection } from "./transport/connection.ts";

/** Methods that may be sent twice to the same effect (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Forwards an exchange to a service:
 *
 * 1. Ask the breaker for a permit; without one, 503 at once.
 * 2. Choose a target, and wait for a connection to it. One that cannot be connected to is passed over for the next.
 * 3. Write the head anew and let the body follow.
 * 4. On an answer's head, begin the response; its body follows as the client takes it.
 * 5. At its end, settle the permit.
 * 6. What fails before the answer has begun is tried again where that is safe, else refused; after that the client sees a
 *    truncation.
 */
export function forward(x: Exchange, service: Service): void {
  x.service = service.name;
  // 1.
  const permit = service.breaker === undefined ? 0 : service.breaker.acquire();
  if (permit === REFUSED) {
    refuseOpenCircuit(x, service);
    return;
  }
  new Forwarding(x, service, permit).start();
}

/** Methods whose body has no meaning of its own (RFC 9110, 9.3.1, 9.3.2, 9.3.5 and 9.3.7): services may not even read it. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

/** Made for each forwarded exchange: the two legs' bodies meet here. */
class Forwarding implements ConnectionUser, BodySink, BodySource {
  readonly #x: Exchange;
  readonly #service: Service;
  readonly #permit: Permit;
  readonly #chunked: boolean;
  #target!: ServiceTarget;
  #targetsTried = 0;
  #retried = false;
  #connection: ServiceConnection | undefined = undefined;
  #sentAt = 0;
  #requestRead: boolean;
  /** It counts among what its target has in flight. */
  #attempting = false;
  #settled = false;
  #cancelled = false;
  #held: HeldResponse | undefined = undefined;

  constructor(x: Exchange, service: Service, permit: Permit) {
    this.#x = x;
    this.#service = service;
    this.#permit = permit;
    this.#chunked = x.request.bodyLength === UNKNOWN_LENGTH;
    this.#requestRead = x.request.bodyLength === 0;
  }

  start(): void {
    this.#x.source = this;
    this.#tryNextTarget();
  }

  // 2.
  #tryNextTarget(): void {
    this.#targetsTried++;
    this.#target = this.#service.chooseTarget(this.#x);
    this.#x.target = this.#target.authority;
    this.#attempt(false);
  }

  #attempt(fresh: boolean): void {
    const { state } = this.#target;
    this.#attempting = true;
    state.inFlight++;
    state.pool.acquire(this, fresh);
  }

  /** The target has no more to do with this exchange. */
  #endAttempt(): void {
    if (!this.#attempting) return;
    this.#attempting = false;
    this.#target.state.inFlight--;
  }

  ready(connection: ServiceConnection): void {
    const x = this.#x;
    // It was being opened when the client went away: what nobody waits for any more is not sent.
    if (this.#cancelled) return connection.release();
    this.#connection = connection;
    this.#target.state.failedAtMs = NEVER;
    // 3.
    const nowMs = this.#retried || this.#targetsTried > 1 ? x.snapshot.host.clock.now() : x.startedAt;
    this.#sentAt = nowMs;
    const { method, bodyLength } = x.request;
    // Some services take such a body for the next request (CL.0): there must be none whose answer that could be.
    connection.begin(method, requestText(x, x.target), bodyLength === 0 || !BODILESS.has(method));
    if (this.#requestRead) connection.writeEnd(false, undefined, nowMs);
    else x.requestBody.readTo(this);
  }

  // --- The request's body

  body(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#connection?.writeBody(bytes, start, end, this.#chunked) ?? true;
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    this.#requestRead = true;
    // A service may merge trailers into the headers: what tells it who is calling must not come from there either.
    if (trailers !== undefined) for (const name of this.#x.snapshot.identityHeaders) trailers.delete(name);
    this.#connection?.writeEnd(this.#chunked, trailers, this.#x.snapshot.host.clock.now());
  }

  drained(): void {
    if (!this.#requestRead) this.#x.requestBody.readTo(this);
  }

  /** The client's body will not be complete: the service must not take it for a whole one. */
  bodyAborted(): void {
    this.cancel();
  }

  // --- The response

  responseInterim(status: number, headers: HeaderList): void {
    writeInterim(this.#x, status, headers);
  }

  // 4.
  responseHead(head: ResponseHead): void {
    const x = this.#x;
    const { breaker } = this.#service;
    x.serviceMs = x.snapshot.host.clock.now() - this.#sentAt;
    if (breaker?.outcomeOf(head.status) === "failure") this.#settle("failure");
    // A stream of events may go on for days; its head is all the verdict there will be.
    else if (head.headers.get("content-type")?.startsWith("text/event-stream") === true)
      this.#settle("success");
    const via = head.headers.joined("via");
    head.headers.set("via", via === undefined ? `1.1 ${x.snapshot.name}` : `${via}, 1.1 ${x.snapshot.name}`);
    if (beginResponse(x, head)) return;
    this.#held = { bytes: [], ended: false, trailers: undefined };
    this.#connection?.pause();
  }

  responseBody(bytes: Uint8Array, start: number, end: number): void {
    // A copy: `slice` of a Buffer is a view, and the next read of any connection lands in the same memory.
    if (this.#held !== undefined) this.#held.bytes.push(new Uint8Array(bytes.subarray(start, end)));
    else if (!writeBody(this.#x, bytes, start, end)) this.#connection?.pause();
  }

  responseEnd(trailers: HeaderList | undefined): void {
    // 5.
    this.#endAttempt();
    this.#settle("success");
    this.#connection = undefined;
    // The service answered without waiting for the whole request: nobody takes the rest of it.
    if (!this.#requestRead) this.#x.requestBody.leave();
    if (this.#held !== undefined) {
      this.#held.ended = true;
      this.#held.trailers = trailers;
      return;
    }
    this.#x.source = undefined;
    endResponse(this.#x, trailers);
  }

  resume(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) {
      for (const bytes of held.bytes) writeBody(this.#x, bytes, 0, bytes.length);
      if (held.ended) {
        endResponse(this.#x, held.trailers);
        return;
      }
    }
    this.#connection?.resume();
  }

  /** The exchange is over before its time, and not by the service's fault. */
  cancel(): void {
    this.#cancelled = true;
    this.#endAttempt();
    this.#settle("ignored");
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) connection.destroy();
    else this.#target.state.pool.cancel(this);
  }

  // 6.
  failed(failure: Failure): void {
    const x = this.#x;
    const targetDown = isTargetDown(failure);
    if (targetDown) this.#target.state.failedAtMs = x.snapshot.host.clock.now();
    if (this.#cancelled) return;
    this.#endAttempt();
    this.#connection = undefined;
    if (targetDown && this.#targetsTried < this.#service.targets.length) return this.#tryNextTarget();
    if (this.#isSafeToSendAgain(failure)) {
      this.#retried = true;
      return this.#attempt(true);
    }
    this.#settle(outcomeOf(failure));
    refuseForService(x, this.#service, failure.refusal);
  }

  /** Once, where nobody is to blame: a request that changes nothing, or that has not left. */
  #isSafeToSendAgain({ blame, sent }: Failure): boolean {
    const { method, bodyLength } = this.#x.request;
    return (
      blame === "none" && !this.#retried && bodyLength === 0 && (sent === "no" || IDEMPOTENT.has(method))
    );
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#service.breaker?.settle(this.#permit, outcome);
  }
}

interface HeldResponse {
  readonly bytes: Uint8Array[];
  ended: boolean;
  trailers: HeaderList | undefined;
}

function refuseOpenCircuit(x: Exchange, service: Service): void {
  const seconds = Math.max(1, Math.ceil((service.breaker?.retryAfterMs ?? 0) / 1000));
  refuseForService(x, service, CIRCUIT_OPEN, ["retry-after", String(seconds)]);
}

function refuseForService(
  x: Exchange,
  service: Service,
  kind: RefusalKind,
  headers?: readonly string[],
): void {
  breakOff(
    x,
    refuse(kind, {
      error: `${service.title} unavailable`,
      members: { circuit: service.circuit },
      ...(headers === undefined ? {} : { headers }),
    }),
  );
}
