import type { Deadlines, Expiring } from "../../host/deadlines.ts";
import type { Clock, Wire, WirePeer } from "../../host/host.ts";
import { ResponseParser, type ResponseEvents } from "../../http/h1/response-parser.ts";
import { chunkHeadText, lastChunkText } from "../../http/h1/write.ts";
import type { ResponseHead } from "../../http/head.ts";
import type { HeaderList } from "../../http/headers.ts";
import { ProtocolError } from "../../http/protocol-error.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { connectFailure, CONNECTION_LATE, type Failure } from "../failure.ts";
import { BROKEN, RESPONSE_TIMEOUT, STALLED } from "../refusals.ts";

/** Uses a connection for one request. */
export interface ConnectionUser {
  /** The connection is open and the user's alone. */
  ready(connection: ServiceConnection): void;
  /** An interim response (1xx), before the response itself. */
  responseInterim(status: number, headers: HeaderList): void;
  responseHead(head: ResponseHead): void;
  /** Bytes of the body, valid only during the call. */
  responseBody(bytes: Uint8Array, start: number, end: number): void;
  responseEnd(trailers: HeaderList | undefined): void;
  /** The service can take more of the request's body. */
  drained(): void;
  /** The connection is lost before the response was complete, or was never had. Nothing follows. */
  failed(failure: Failure): void;
}

/** What a connection tells the pool that opened it. */
export interface ConnectionOwner {
  released(connection: ServiceConnection): void;
  lost(connection: ServiceConnection): void;
}

export interface ConnectionSettings {
  readonly connectMs: number;
  readonly responseMs: number;
  readonly idleMs: number;
  readonly headBytes: number;
}

const MAX_RESPONSE_HEADERS = 200;

/** One connection to a target. It serves one request at a time, and is destroyed whenever its state is in doubt. */
export class ServiceConnection implements WirePeer, ResponseEvents, Expiring {
  deadline: number;

  readonly #owner: ConnectionOwner;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #settings: ConnectionSettings;
  readonly #parser: ResponseParser;
  #wire!: Wire;
  #user: ConnectionUser | undefined;
  #phase: "connecting" | "idle" | "sending" | "waiting" | "reading" | "closed" = "connecting";
  /** It was open before its present request: it may have gone stale. */
  #kept = false;
  #requestSent = false;
  /** Bytes of the response to the present request have come. */
  #answering = false;
  #reusable = true;
  /** The wire's `sends` when the present request began. */
  #sendsBefore = 0;
  #responseRead = false;
  #paused = false;
  /** The service has not taken what was written: `drained` will say when it has. */
  #blocked = false;

  constructor(
    owner: ConnectionOwner,
    user: ConnectionUser,
    clock: Clock,
    deadlines: Deadlines,
    settings: ConnectionSettings,
  ) {
    this.#owner = owner;
    this.#user = user;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#settings = settings;
    this.#parser = new ResponseParser(
      { headBytes: settings.headBytes, headerCount: MAX_RESPONSE_HEADERS },
      this,
    );
    this.deadline = clock.now() + settings.connectMs;
    deadlines.add(this);
  }

  /** The wire that `connect` gave for this peer. */
  attach(wire: Wire): void {
    this.#wire = wire;
  }

  /** Gives an idle connection to `user`. */
  lend(user: ConnectionUser): void {
    this.#user = user;
    this.deadline = Infinity;
    user.ready(this);
  }

  /**
   * Begins a request with its head; the body follows by `writeBody` and `writeEnd`. A connection that is not `reusable` is
   * closed after the response.
   */
  begin(method: string, headText: string, reusable: boolean): void {
    this.#parser.expect(method);
    this.#requestSent = false;
    this.#responseRead = false;
    this.#answering = false;
    this.#reusable = reusable;
    this.#phase = "sending";
    this.#sendsBefore = this.#wire.sends;
    this.#wire.writeText(headText);
  }

  /** Bytes of the body, valid only during the call. False: wait for `drained`. */
  writeBody(bytes: Uint8Array, start: number, end: number, chunked: boolean): boolean {
    if (chunked) this.#wire.writeText(chunkHeadText(end - start));
    this.#wire.writeBytes(bytes, start, end);
    if (chunked) this.#wire.writeText("\r\n");
    return !this.#blocked;
  }

  /** The request is complete; from now on an answer is awaited. */
  writeEnd(chunked: boolean, trailers: HeaderList | undefined, nowMs: number): void {
    if (chunked) this.#wire.writeText(lastChunkText(trailers));
    this.#requestSent = true;
    if (this.#phase === "sending") this.#phase = "waiting";
    this.#arm(nowMs);
  }

  /** Gives back a connection whose user is done with it, or does not want it any more. */
  release(): void {
    this.#kept = true;
    this.#user = undefined;
    this.#owner.released(this);
  }

  /** Stops reading the response: the client is slow, and the service must not be blamed for it. */
  pause(): void {
    if (this.#paused || this.#phase === "closed") return;
    this.#paused = true;
    this.#arm(Infinity);
    this.#wire.pause();
  }

  resume(): void {
    if (!this.#paused || this.#phase === "closed") return;
    this.#paused = false;
    this.#arm(this.#clock.now());
    this.#wire.resume();
  }

  /** Gives the connection up; its user hears nothing more. */
  destroy(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#user = undefined;
    this.#deadlines.remove(this);
    this.#wire.destroy();
    this.#owner.lost(this);
  }

  // --- Deadlines

  /** Waits for the service, or without a bound: while the client is to send or to take, the wait is the client's. */
  #arm(nowMs: number): void {
    const { responseMs, idleMs } = this.#settings;
    if (this.#paused || (!this.#requestSent && !this.#blocked)) this.deadline = Infinity;
    else this.deadline = nowMs + (this.#phase === "waiting" ? responseMs : idleMs);
  }

  expired(): void {
    switch (this.#phase) {
      case "connecting":
        return this.#failWith(CONNECTION_LATE);
      case "idle":
        return this.destroy();
      case "waiting":
        return this.#fail(RESPONSE_TIMEOUT);
      default:
        return this.#fail(this.#answering ? STALLED : RESPONSE_TIMEOUT);
    }
  }

  // --- The wire

  connected(): void {
    if (this.#phase !== "connecting") return;
    this.#phase = "idle";
    this.deadline = Infinity;
    this.#user?.ready(this);
  }

  received(bytes: Buffer, length: number): void {
    const user = this.#user;
    if (this.#phase === "closed") return;
    // Bytes that nobody asked for: whatever they are, they must not become the answer to the next request.
    if (user === undefined || this.#phase === "idle") return this.destroy();
    // They may have been on their way when the connection was used again, like a 408 for having been idle.
    if (this.#kept && !this.#answering && this.#unsent) return this.#failBroken();
    this.#answering = true;
    let position = 0;
    try {
      while (position < length && !this.#responseRead) position = this.#parser.parse(bytes, position, length);
    } catch (error) {
      this.#failBecause(error);
    }
    // Behind a read that filled its memory there may be more, and it must not become the answer to the next request either.
    if (this.#responseRead) this.#afterResponse(position === length && length < bytes.length);
    else if (this.#phase === "reading" && this.#requestSent) this.#arm(this.#clock.now());
  }

  ended(): void {
    if (this.#phase === "closed") return;
    const user = this.#user;
    if (user === undefined || !this.#answering) return this.closed(undefined);
    try {
      this.#parser.ended();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    if (this.#responseRead) this.#afterResponse(false);
    else this.#failBroken();
  }

  blocked(): void {
    if (this.#blocked) return;
    this.#blocked = true;
    if (!this.#requestSent) this.#arm(this.#clock.now());
  }

  drained(): void {
    this.#blocked = false;
    if (this.#user === undefined) return;
    if (!this.#requestSent) this.#arm(this.#clock.now());
    this.#user.drained();
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#phase === "closed") return;
    if (this.#user === undefined) this.destroy();
    else if (this.#phase === "connecting") this.#failWith(connectFailure(error?.code));
    else this.#failBroken();
  }

  // --- The response

  interim(status: number, headers: HeaderList): void {
    this.#user?.responseInterim(status, headers);
  }

  head(head: ResponseHead): void {
    this.#phase = "reading";
    this.#user?.responseHead(head);
  }

  body(bytes: Uint8Array, start: number, end: number): void {
    this.#user?.responseBody(bytes, start, end);
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    this.#responseRead = true;
    this.#user?.responseEnd(trailers);
  }

  /** A connection goes back to the pool only when both messages ended, and nothing more has come. */
  #afterResponse(clean: boolean): void {
    if (this.#phase === "closed") return;
    if (!clean || !this.#requestSent || !this.#reusable || !this.#parser.keepAlive) return this.destroy();
    if (this.#paused) {
      this.#paused = false;
      this.#wire.resume();
    }
    this.#phase = "idle";
    this.release();
  }

  #failBecause(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#fail(error.kind);
  }

  /** One that was kept, and of whose answer nothing has come, has gone stale: nobody is to blame. */
  #failBroken(): void {
    this.#fail(BROKEN, this.#kept && !this.#answering ? "none" : "service");
  }

  #fail(refusal: RefusalKind, blame: Failure["blame"] = "service"): void {
    this.#failWith({ refusal, stage: this.#stage, blame, sent: this.#unsent ? "no" : "maybe" });
  }

  #failWith(failure: Failure): void {
    const user = this.#user;
    this.destroy();
    user?.failed(failure);
  }

  /** Of a request that is under way. */
  get #stage(): Failure["stage"] {
    if (this.#phase === "reading") return "body";
    return this.#phase === "waiting" || this.#answering ? "head" : "send";
  }

  /** Nothing of the present request has left: the service cannot have acted on it. */
  get #unsent(): boolean {
    return this.#wire.sends === this.#sendsBefore;
  }
}
