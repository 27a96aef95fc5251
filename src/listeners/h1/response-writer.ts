import type { ResponseSink } from "../../core/legs.ts";
import type { Wire } from "../../host/host.ts";
import { chunkHeadText, lastChunkText, NO_FRAMING, responseHeadText } from "../../http/h1/write.ts";
import { UNKNOWN_LENGTH, type HttpVersion, type ResponseHead } from "../../http/head.ts";
import { HeaderList } from "../../http/headers.ts";
import type { DateLine } from "../date-line.ts";

/** What may wait for a client that is slow; with more, neither its response goes on nor its next request is read. */
const UNREAD_BYTES = 64 * 1024;
const NO_FIELDS = new HeaderList();

/** The connection on which a request is being answered. */
export interface Answering {
  /** What the client speaks. */
  readonly version: HttpVersion;
  /** Whether another request may follow the response whose head is about to be written. */
  mayKeepAlive(): boolean;
  /** None may: the connection ends with the response. */
  closeAfterResponse(): void;
  /** The response has no end. */
  truncated(): void;
  /** The exchange is over. */
  finished(): void;
}

/** Writes responses with framing of the gateway's own, whole messages at a time. */
export class ResponseWriter implements ResponseSink {
  readonly #wire: Wire;
  readonly #dateLine: DateLine;
  readonly #answering: Answering;
  #chunked = false;
  /** The client has not taken what was written: write no more than is there already, until the wire has drained. */
  blocked = false;
  /** The body ends where the connection does: an HTTP/1.0 client, and a length that nobody knows. */
  closeDelimited = false;

  constructor(wire: Wire, dateLine: DateLine, answering: Answering) {
    this.#wire = wire;
    this.#dateLine = dateLine;
    this.#answering = answering;
  }

  /** What the client has not taken yet. */
  get unsentBytes(): number {
    return this.#wire.pendingBytes;
  }

  /** The wire has not taken all that was written. */
  block(): void {
    this.blocked = this.unsentBytes >= UNREAD_BYTES;
  }

  /** Tells a client that waits for it to send its body (RFC 9110, 15.2.1). */
  goOn(): void {
    this.interim(100, NO_FIELDS);
  }

  // --- The response

  interim(status: number, headers: HeaderList): void {
    // HTTP/1.0 has none.
    if (this.#answering.version === "1.1")
      this.#wire.writeText(responseHeadText(status, headers, NO_FRAMING, ""));
  }

  head({ status, headers, bodyLength }: ResponseHead, bodiless: boolean): void {
    const { version } = this.#answering;
    const delimited = bodyLength !== UNKNOWN_LENGTH || bodiless;
    this.#chunked = !delimited && version === "1.1";
    this.closeDelimited = !delimited && version === "1.0";
    const kept = this.#answering.mayKeepAlive() && !this.closeDelimited;
    if (!kept) this.#answering.closeAfterResponse();
    let extra = headers.has("date") ? "" : this.#dateLine.text();
    if (!kept) extra += "connection: close\r\n";
    else if (version === "1.0") extra += "connection: keep-alive\r\n";
    this.#wire.writeText(
      responseHeadText(status, headers, framingOf(status, bodyLength, this.#chunked), extra),
    );
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    if (this.#chunked) this.#wire.writeText(chunkHeadText(end - start));
    this.#wire.writeBytes(bytes, start, end);
    if (this.#chunked) this.#wire.writeText("\r\n");
    return !this.blocked;
  }

  end(trailers: HeaderList | undefined): void {
    if (this.#chunked) this.#wire.writeText(lastChunkText(trailers));
  }

  truncate(): void {
    this.#answering.truncated();
  }

  finished(): void {
    this.#answering.finished();
  }
}

/** A 204 says nothing of a body (RFC 9110, 8.6); an unknown length can only be said by chunks. */
function framingOf(status: number, bodyLength: number, chunked: boolean): number {
  if (status === 204 || (bodyLength === UNKNOWN_LENGTH && !chunked)) return NO_FRAMING;
  return bodyLength;
}
