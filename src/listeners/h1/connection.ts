import type { ClientCode } from "../../core/client-codes.ts";
import type { Exchange } from "../../core/exchange.ts";
import { handle } from "../../core/handle.ts";
import { BodyFlow, NO_BODY, type BodyCarrier } from "../../core/body-flow.ts";
import { refuse } from "../../core/reply.ts";
import { abandon } from "../../core/end-exchange.ts";
import { breakOff, fail, resumeResponse } from "../../core/respond.ts";
import type { Wire } from "../../host/host.ts";
import type { Provenance, TrustedProxies } from "../../http/forwarded/provenance.ts";
import { RequestParser, type RequestEvents } from "../../http/h1/request-parser.ts";
import type { HttpVersion, RequestHead } from "../../http/head.ts";
import type { HeaderList } from "../../http/headers.ts";
import { ProtocolError } from "../../http/protocol-error.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { OVERLOADED, REQUEST_TIMEOUT } from "../../http/refusals.ts";
import type { DoorRules } from "../door-rules.ts";
import type { Accepted, DoorTools } from "../protocol.ts";
import { beginExchange, unreadableExchange } from "../begin-exchange.ts";
import { ClientWait, type Awaited } from "./client-wait.ts";
import type { Holder } from "../holdings.ts";
import { Incoming, type Reader } from "./incoming.ts";
import { ResponseWriter, type Answering } from "./response-writer.ts";

/** What a client may still send of a body that nobody reads, before its connection is closed instead of kept. */
const DISCARD_BYTES = 64 * 1024;
/** What is read of it behind a last response; with more it can read that for a moment, until the connection is closed. */
const LINGER_BYTES = 128 * 1024;

/** A client's connection: bytes in become exchanges, one at a time, and their responses go out in order. */
export class ClientConnection implements Accepted, Reader, RequestEvents, BodyCarrier, Answering, Holder {
  readonly #door: DoorTools;
  readonly #wire: Wire;
  readonly #origin: Provenance;
  readonly #parser: RequestParser;
  readonly #incoming: Incoming;
  readonly #writer: ResponseWriter;
  readonly #wait: ClientWait;
  /** The rules under which it reads; see `#keepUp`. */
  #rules: DoorRules;
  /** Undefined where the client is none of them, and then nothing that it says of others is read. */
  #proxies: TrustedProxies | undefined;
  #x: Exchange | undefined = undefined;
  /** The present request's body. */
  #body = NO_BODY;
  #discarded = 0;
  #closing: "no" | "after-response" | "lingering" | "closed" = "no";

  constructor(door: DoorTools, wire: Wire, origin: Provenance) {
    const { proxies, requestLimits } = door.current;
    this.#door = door;
    this.#wire = wire;
    this.#origin = origin;
    this.#rules = door.current;
    this.#proxies = proxies.trusts(origin) ? proxies : undefined;
    this.#parser = new RequestParser(requestLimits, this);
    this.#incoming = new Incoming(wire, this.#parser, this, door.turns);
    this.#writer = new ResponseWriter(wire, door.dateLine, this);
    this.#wait = new ClientWait(door, this);
  }

  // --- Bytes in

  received(bytes: Buffer, length: number): void {
    this.#keepUp();
    if (this.#closing !== "lingering") return this.#incoming.take(bytes, length);
    this.#discarded += length;
    if (this.#discarded <= LINGER_BYTES) return;
    this.#wire.pause();
    this.#arm();
  }

  /** Before anything is read: another config may have taken the place of the one under which this read before. */
  #keepUp(): void {
    const { current } = this.#door;
    if (current === this.#rules) return;
    this.#rules = current;
    this.#proxies = current.proxies.trusts(this.#origin) ? current.proxies : undefined;
    this.#parser.limits = current.requestLimits;
  }

  mayRead(): boolean {
    if (this.#closing === "lingering" || this.#closing === "closed") return false;
    if (this.#x !== undefined) return this.#body.flows;
    // Who does not read the responses to pipelined requests gets no more of them.
    return this.#closing === "no" && !this.#writer.blocked;
  }

  mayKeep(): boolean {
    return this.#closing === "no" || (this.#closing === "after-response" && this.#body.isHeld);
  }

  readDone(): void {
    this.#arm();
  }

  readOn(): void {
    this.#keepUp();
    if (this.#closing !== "closed" && this.#incoming.readOn()) this.#arm();
  }

  head(head: RequestHead): void {
    const from = this.#proxies?.provenanceOf(head.headers, this.#origin, head.authority) ?? this.#origin;
    this.#body = head.bodyLength === 0 ? NO_BODY : new BodyFlow(this);
    const x = beginExchange(this.#rules.snapshot, this.#writer, this.#body, from, head);
    this.#x = x;
    this.#wait.headRead();
    if (!this.#parser.keepAlive || this.#door.draining) this.#closing = "after-response";
    handle(x);
  }

  body(bytes: Uint8Array, start: number, end: number): void {
    const x = this.#x;
    if (x === undefined) return;
    if (this.#body.isDiscarded) return this.#discard(x, end - start);
    if (this.#body.take(x, bytes, start, end)) return;
    this.#incoming.passedOnBytes = end - start;
    this.#wire.pause();
  }

  #discard(x: Exchange, length: number): void {
    this.#discarded += length;
    if (this.#discarded <= DISCARD_BYTES) return;
    if (x.finished) return this.#linger();
    // The connection is not kept, but a response that is still being made goes out first.
    this.#closing = "after-response";
    this.#body.stop();
    this.#wire.pause();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    const x = this.#x;
    if (x === undefined) return;
    const { finished } = x;
    this.#body.end(trailers);
    if (finished) this.#next();
  }

  bodyWanted(): void {
    const x = this.#x!;
    if (this.#parser.expectContinue && x.requestBytes === 0 && !x.headWritten) this.#writer.goOn();
    this.readOn();
  }

  // --- The end of an exchange

  finished(): void {
    if (this.#closing === "lingering" || this.#closing === "closed") return;
    if (this.#body.isOver) return this.#next();
    if (this.#closing !== "no") return this.#linger();
    this.#body.discard();
    this.readOn();
  }

  #next(): void {
    this.#x = undefined;
    this.#discarded = 0;
    if (this.#closing !== "no") this.#linger();
    else this.readOn();
  }

  /** What cannot be read is refused, unless it is behind a last response, and the connection closed: nobody knows where a request would begin. */
  #refuse(kind: RefusalKind): void {
    if (this.#closing === "lingering" || this.#closing === "closed") return;
    const x = this.#readNoMore();
    if (x.finished) this.#linger();
    else breakOff(x, refuse(kind));
  }

  unreadable(error: unknown): void {
    if (error instanceof ProtocolError) return this.#refuse(error.kind);
    const x = this.#readNoMore();
    fail(x, error);
    if (x.finished) this.#linger();
  }

  /** The exchange that is blamed for it: the present one, or one that stands for a request without a head. */
  #readNoMore(): Exchange {
    this.#closing = "after-response";
    this.#body.stop();
    this.#x ??= unreadableExchange(this.#door.current.snapshot, this.#writer, this.#origin);
    return this.#x;
  }

  /** Closes after what is pending has gone, reading on for a moment so that the client can read the response. */
  #linger(): void {
    if (this.#closing === "closed" || this.#closing === "lingering") return;
    this.#closing = "lingering";
    this.#x = undefined;
    this.#body.stop();
    this.#incoming.drop();
    this.#discarded = 0;
    this.#wire.end();
    this.#wire.resume();
    this.#arm();
  }

  #destroy(): void {
    if (this.#closing === "closed") return;
    const whole = this.#closing === "lingering" && this.#writer.unsentBytes === 0;
    this.#closing = "closed";
    this.#body.stop();
    this.#incoming.drop();
    this.#wait.end();
    this.#door.leave(this);
    // Where the end of the connection is the end of the body, only an error tells the client that it is not whole.
    if (this.#writer.closeDelimited && !whole) this.#wire.reset();
    else this.#wire.destroy();
  }

  /** For a shutdown: an idle connection ends now, another after its response. */
  drain(): void {
    if (this.#closing !== "no") return;
    // A request whose head has begun is still read: `head` sees that it is the last.
    if (this.#x !== undefined) this.#closing = "after-response";
    else if (this.#parser.phase === "idle") this.#linger();
  }

  // --- The response

  get version(): HttpVersion {
    return this.#x!.request.version;
  }

  mayKeepAlive(): boolean {
    // A body that will not be read to its end leaves no place where another request could begin.
    if (this.#body.isUnread) {
      const { bodyLength } = this.#x!.request;
      const isLong = bodyLength < 0 || bodyLength > DISCARD_BYTES;
      if (isLong || this.#parser.expectContinue) this.#closing = "after-response";
    }
    return this.#closing === "no";
  }

  closeAfterResponse(): void {
    this.#closing = "after-response";
  }

  truncated(): void {
    if (this.#writer.closeDelimited) this.#destroy();
    else this.#linger();
  }

  blocked(): void {
    this.#writer.block();
    this.#arm();
  }

  drained(): void {
    this.#writer.blocked = false;
    const x = this.#x;
    // What was taken may be the response before this one.
    if (x !== undefined) resumeResponse(x);
    this.#arm();
    if (this.#incoming.waiting && this.mayRead()) this.readOn();
  }

  // --- Waiting

  get deadline(): number {
    return this.#wait.deadline;
  }

  #arm(): void {
    if (this.#closing === "closed") return;
    const held = this.#incoming.heldBytes + this.#parser.heldBytes;
    this.#wait.begin(this.#awaited(), this.#writer.unsentBytes, held);
  }

  #awaited(): Awaited {
    if (this.#closing === "lingering") return this.#discarded > LINGER_BYTES ? "flood" : "linger";
    if (this.#x !== undefined) return this.#body.flows ? "body" : "nothing";
    return this.#parser.phase === "idle" ? "idle" : "head";
  }

  expired(): void {
    const unsent = this.#writer.unsentBytes;
    const x = this.#x;
    if (this.#wait.hasTaken(unsent)) {
      this.#arm();
    } else if (unsent > 0 || this.#closing === "lingering") {
      this.#lose("client.write_timeout");
    } else if (x === undefined ? this.#parser.phase === "idle" : x.finished) {
      this.#linger();
    } else {
      this.#refuse(REQUEST_TIMEOUT);
    }
  }

  giveWay(): void {
    const x = this.#x;
    const refusable = x === undefined ? this.#parser.phase === "head" : !x.headWritten;
    if (refusable && this.#closing !== "lingering") this.#refuse(OVERLOADED);
    else this.#lose("client.gave_way");
  }

  connected(): void {}
  /** A client that has closed its side is taken to be gone, as nearly all of them are. */
  ended(): void {
    if (this.#closing === "closed") return;
    if (this.#x !== undefined && !this.#x.finished) this.#lose("client.aborted");
    else this.#linger();
  }

  closed(): void {
    if (this.#closing !== "closed") this.#lose("client.aborted");
  }

  /** Ends the connection at once, and the exchange with it. */
  #lose(code: ClientCode): void {
    this.#destroy();
    if (this.#x !== undefined) abandon(this.#x, code);
  }

  /** For the end of a shutdown's patience. */
  destroy(): void {
    this.#lose("client.shutdown");
  }
}
