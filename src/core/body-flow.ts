import type { HeaderList } from "../http/headers.ts";
import { ProtocolError } from "../http/protocol-error.ts";
import { BODY_TOO_LARGE } from "../http/refusals.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySink, RequestBody } from "./legs.ts";

/** Brings the body of a request: a connection, or a stream of one. */
export interface BodyCarrier {
  /** Bytes may come; where the client waits to be asked for them, it is. */
  bodyWanted(): void;
}

/** A request's body on its way from the client to whoever reads it, in every protocol: counted, bounded, and held back as the reader wishes. */
export class BodyFlow implements RequestBody {
  readonly #carrier: BodyCarrier | undefined;
  #sink: BodySink | undefined = undefined;
  /** `held`: until its sink reads. `discarded`: it comes, and nobody wants it. `over`: nothing more comes, or is wanted to come. */
  #state: "held" | "flowing" | "discarded" | "over";

  /** Without a carrier there is no body. */
  constructor(carrier: BodyCarrier | undefined) {
    this.#carrier = carrier;
    this.#state = carrier === undefined ? "over" : "held";
  }

  // --- Whoever reads it

  readTo(sink: BodySink): void {
    if (this.#carrier === undefined) return;
    this.#sink = sink;
    if (this.#state !== "held") return;
    this.#state = "flowing";
    this.#carrier.bodyWanted();
  }

  leave(): void {
    this.#sink = undefined;
    if (this.#state === "flowing") this.#state = "discarded";
  }

  abort(): void {
    const sink = this.#sink;
    this.leave();
    sink?.bodyAborted();
  }

  // --- Its carrier

  /** Bytes may come. */
  get flows(): boolean {
    return this.#state === "flowing" || this.#state === "discarded";
  }

  get isHeld(): boolean {
    return this.#state === "held";
  }

  /** It is held, and nobody has begun to read it. */
  get isUnread(): boolean {
    return this.#state === "held" && this.#sink === undefined;
  }

  get isDiscarded(): boolean {
    return this.#state === "discarded";
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /**
   * Takes bytes of the body of `x`. False: no more of them, until `bodyWanted`. Throws a `ProtocolError` where there are more than
   * the route takes.
   */
  take(x: Exchange, bytes: Uint8Array, start: number, end: number): boolean {
    x.requestBytes += end - start;
    if (x.requestBytes > x.route.limits.bodyBytes) throw new ProtocolError(BODY_TOO_LARGE);
    const sink = this.#sink;
    if (sink !== undefined && !sink.body(bytes, start, end) && this.#state === "flowing")
      this.#state = "held";
    return this.#state !== "held";
  }

  /** All of it has come. */
  end(trailers: HeaderList | undefined): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#state = "over";
    sink?.bodyEnd(trailers);
  }

  /** What still comes of it is for nobody. */
  discard(): void {
    this.#sink = undefined;
    this.#state = "discarded";
  }

  /** Nothing more is taken; who reads hears of it by `abort`, if at all. */
  stop(): void {
    this.#state = "over";
  }
}

/** Of all requests without a body. */
export const NO_BODY = new BodyFlow(undefined);
