import type { Exchange } from "../../core/exchange.ts";
import { handle } from "../../core/handle.ts";
import type { ClientLeg } from "../../core/legs.ts";
import { refuse } from "../../core/reply.ts";
import { abandon, reply } from "../../core/respond.ts";
import type { Expiring } from "../../host/deadlines.ts";
import type { Wire, WirePeer } from "../../host/host.ts";
import { RequestParser, type RequestEvents } from "../../http/h1/request-parser.ts";
import type { RequestHead } from "../../http/head.ts";
import { HeaderList } from "../../http/headers.ts";
import { ProtocolError } from "../../http/protocol-error.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { BODY_TOO_LARGE, REQUEST_TIMEOUT } from "../../http/refusals.ts";
import { beginExchange, unreadableExchange } from "./begin-exchange.ts";
import type { Listener } from "./listener.ts";
import { ResponseWriter } from "./response-writer.ts";

/** What a client may still send of a body that nobody reads, before its connection is closed instead of kept. */
const DISCARD_BYTES = 64 * 1024;
/** After a last response the client may go on sending for so long and so much, else a reset would destroy the response on its way. */
const LINGER_MS = 2000;
const LINGER_BYTES = 1024 * 1024;
const NO_FIELDS = new HeaderList();
/** Responses of pipelined requests that the client does not read; the next request waits. */
const UNREAD_BYTES = 64 * 1024;

/** A client's connection: bytes in become exchanges, one at a time, and their responses go out in order. */
export class ClientConnection implements WirePeer, RequestEvents, ClientLeg, Expiring {
  readonly address: string;
  readonly scheme = "http";
  readonly loopback: boolean;
  deadline: number;

  readonly #listener: Listener;
  readonly #wire: Wire;
  readonly #parser: RequestParser;
  readonly #writer: ResponseWriter;
  #x: Exchange | undefined = undefined;
  /** Bytes that have come and cannot be read yet. */
  #stash: Buffer | undefined = undefined;
  #reading = false;
  /** The present request's body: `held` until its sink reads, `discarded` when nobody will. */
  #body: "none" | "held" | "flowing" | "discarded" = "none";
  #discarded = 0;
  #headDeadline = Infinity;
  #unsent = 0;
  #closing: "no" | "after-response" | "lingering" | "closed" = "no";

  constructor(listener: Listener, wire: Wire) {
    this.#listener = listener;
    this.#wire = wire;
    this.address = wire.remoteAddress.replace(/^::ffff:(?=\d+\.)/i, "");
    this.loopback = listener.loopback;
    this.#parser = new RequestParser(listener.limits, this);
    this.#writer = new ResponseWriter(wire, listener.dateLine);
    this.deadline = listener.clock.now() + listener.timeouts.head;
  }

  // --- Bytes in

  received(bytes: Buffer, length: number): void {
    if (this.#closing === "lingering") this.#discard(length);
    else if (this.#stash !== undefined) this.#stash = Buffer.concat([this.#stash, bytes.subarray(0, length)]);
    else this.#read(bytes, length, false);
  }

  /** Reads as far as it may; `kept` says that the memory of `bytes` is this connection's own. */
  #read(bytes: Buffer, length: number, kept: boolean): void {
    let position = 0;
    this.#reading = true;
    try {
      while (position < length && this.#mayRead()) position = this.#parser.parse(bytes, position, length);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      position = length;
      this.#refuse(error.kind);
    }
    this.#reading = false;
    if (this.#isClosed()) return;
    if (position < length && (this.#closing === "no" || this.#body === "held")) {
      this.#stash = kept ? bytes.subarray(position) : Buffer.from(bytes.subarray(position, length));
      this.#wire.pause();
    }
    this.#x?.sink?.flush?.();
    this.flush();
    this.#arm();
  }

  /** A method, since the compiler takes `#closing` to be what it was before the calls in between. */
  #isClosed(): boolean {
    return this.#closing === "closed";
  }

  #mayRead(): boolean {
    if (this.#x !== undefined) return this.#body === "flowing" || this.#body === "discarded";
    return this.#closing === "no" && this.#writer.unsentBytes <= UNREAD_BYTES;
  }

  /** Goes on with what was stashed, and with reading. */
  #readOn(): void {
    if (this.#reading || this.#closing === "closed") return;
    const stash = this.#stash;
    this.#stash = undefined;
    if (stash !== undefined) this.#read(stash, stash.length, true);
    if (this.#stash !== undefined || this.#isClosed()) return;
    this.#wire.resume();
    this.#arm();
  }

  head(head: RequestHead): void {
    const x = beginExchange(this.#listener.snapshot, this, head);
    this.#x = x;
    this.#headDeadline = Infinity;
    this.#body = head.bodyLength === 0 ? "none" : "held";
    if (!head.keepAlive || this.#listener.draining) this.#closing = "after-response";
    handle(x);
  }

  body(bytes: Uint8Array, start: number, end: number): void {
    const x = this.#x!;
    if (this.#body === "discarded") {
      this.#discarded += end - start;
      if (this.#discarded > DISCARD_BYTES) this.#linger();
      return;
    }
    x.requestBytes += end - start;
    if (x.requestBytes > x.route.limits.bodyBytes) throw new ProtocolError(BODY_TOO_LARGE);
    if (x.sink === undefined) this.#body = "discarded";
    else if (!x.sink.body(bytes, start, end)) {
      this.#body = "held";
      this.#wire.pause();
    }
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    const x = this.#x!;
    this.#body = "none";
    if (x.finished) this.#next();
    else x.sink?.bodyEnd(trailers);
  }

  readBody(x: Exchange): void {
    if (this.#body !== "held" || x !== this.#x) return;
    this.#body = "flowing";
    if (x.request.expectContinue && x.requestBytes === 0 && !x.headWritten)
      this.#writer.interim(100, NO_FIELDS);
    this.flush();
    this.#readOn();
  }

  // --- The end of an exchange

  finished(x: Exchange): void {
    if (x !== this.#x) return;
    if (!x.complete) return this.#destroy();
    if (this.#body === "none") return this.#next();
    if (this.#closing !== "no") return this.#linger();
    this.#body = "discarded";
    this.#readOn();
  }

  #next(): void {
    this.#x = undefined;
    this.#discarded = 0;
    if (this.#closing !== "no") this.#linger();
    else this.#readOn();
  }

  /** What cannot be read is refused, and the connection closed: nobody knows where the next request would begin. */
  #refuse(kind: RefusalKind): void {
    let x = this.#x;
    this.#closing = "after-response";
    if (x === undefined) {
      x = unreadableExchange(this.#listener.snapshot, this);
      this.#x = x;
      this.#body = "none";
    }
    if (x.finished) return this.#linger();
    const { sink } = x;
    x.sink = undefined;
    sink?.bodyAborted();
    if (x.headWritten) return abandon(x, kind.code);
    x.source = undefined;
    this.#body = "discarded";
    reply(x, refuse(kind));
  }

  #discard(bytes: number): void {
    this.#discarded += bytes;
    if (this.#discarded > LINGER_BYTES) this.#destroy();
  }

  /** Closes after what is pending has gone, reading on for a moment so that the client can read the response. */
  #linger(): void {
    if (this.#closing === "closed" || this.#closing === "lingering") return;
    this.#closing = "lingering";
    this.#x = undefined;
    this.#stash = undefined;
    this.#discarded = 0;
    this.deadline = this.#listener.clock.now() + LINGER_MS;
    this.flush();
    this.#wire.end();
    this.#wire.resume();
  }

  #destroy(): void {
    if (this.#closing === "closed") return;
    this.#closing = "closed";
    this.#listener.remove(this);
    this.#wire.destroy();
  }

  /** For a shutdown: an idle connection ends now, another after its response. */
  drain(): void {
    if (this.#closing !== "no") return;
    if (this.#x === undefined && this.#parser.phase === "idle") this.#linger();
    else this.#closing = "after-response";
  }

  // --- The response

  writeInterim(status: number, headers: HeaderList): void {
    if (this.#x?.request.minorVersion === 1) this.#writer.interim(status, headers);
  }

  writeHead(x: Exchange): void {
    // A body that will not be read to its end leaves no place where another request could begin.
    if (this.#body === "held" && x.sink === undefined) {
      const { bodyLength, expectContinue } = x.request;
      if (expectContinue || bodyLength < 0 || bodyLength > DISCARD_BYTES) this.#closing = "after-response";
    }
    const keptAlive = this.#writer.head(x, this.#closing === "no");
    if (!keptAlive) this.#closing = "after-response";
  }

  writeBody(_x: Exchange, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#writer.body(bytes, start, end);
  }

  writeEnd(_x: Exchange, trailers: HeaderList | undefined): void {
    this.#writer.end(trailers);
  }

  flush(): void {
    if (this.#closing === "closed") return;
    if (!this.#writer.flush()) this.#arm();
  }

  truncate(): void {
    if (this.#closing === "closed") return;
    // Where the end of the connection is the end of the body, only an error tells the client that it is not whole.
    if (!this.#writer.closeDelimited) return this.#linger();
    this.#wire.reset();
    this.#destroy();
  }

  drained(): void {
    const x = this.#x;
    if (x !== undefined && !x.finished) {
      if (x.encoder !== undefined) x.encoder.drain();
      else x.source?.resume();
    }
    this.#arm();
    if (this.#stash !== undefined && this.#mayRead()) this.#readOn();
  }

  // --- Waiting

  /** Sets the deadline of what the connection waits for now. */
  #arm(): void {
    if (this.#closing === "lingering" || this.#closing === "closed") return;
    const { clock, timeouts } = this.#listener;
    const nowMs = clock.now();
    this.#unsent = this.#writer.unsentBytes;
    if (this.#unsent > 0) this.deadline = nowMs + timeouts.write;
    else if (this.#x !== undefined)
      this.deadline =
        this.#body === "flowing" || this.#body === "discarded" ? nowMs + timeouts.body : Infinity;
    else if (this.#parser.phase === "idle") this.deadline = nowMs + timeouts.idle;
    else {
      if (this.#headDeadline === Infinity) this.#headDeadline = nowMs + timeouts.head;
      this.deadline = this.#headDeadline;
    }
  }

  expired(nowMs: number): void {
    const unsent = this.#writer.unsentBytes;
    if (unsent > 0 && unsent < this.#unsent) {
      this.#unsent = unsent;
      this.deadline = nowMs + this.#listener.timeouts.write;
    } else if (unsent > 0 || this.#closing === "lingering") {
      this.#lose("client.write_timeout");
    } else if (this.#x !== undefined && this.#x.finished) {
      this.#linger();
    } else if (this.#x === undefined && this.#parser.phase === "idle") {
      this.#linger();
    } else {
      this.#refuse(REQUEST_TIMEOUT);
      this.flush();
    }
  }

  connected(): void {}

  /** A client that has closed its side is taken to be gone, as nearly all of them are. */
  ended(): void {
    if (this.#closing === "closed") return;
    if (this.#x !== undefined && !this.#x.finished) this.#lose("client.aborted");
    else if (this.#writer.unsentBytes > 0) this.#linger();
    else this.#destroy();
  }

  closed(): void {
    if (this.#closing !== "closed") this.#lose("client.aborted");
  }

  /** Ends the connection at once, and the exchange with it. */
  #lose(code: string): void {
    const x = this.#x;
    this.#destroy();
    if (x !== undefined) abandon(x, code);
  }

  /** For the end of a shutdown's patience. */
  destroy(): void {
    this.#lose("client.shutdown");
  }
}
