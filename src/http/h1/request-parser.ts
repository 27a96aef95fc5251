import type { RequestHead } from "../head.ts";
import { ProtocolError } from "../protocol-error.ts";
import { BAD_CHUNK, BAD_REQUEST_LINE } from "../refusals.ts";
import { BodyReader } from "./body.ts";
import { CR, LF } from "./bytes.ts";
import type { BodyEvents } from "./chunked.ts";
import { REQUEST_FIELDS } from "./fields.ts";
import type { RequestLimits } from "./request-head.ts";
import { RequestHeadReader } from "./request-head.ts";
import { INCOMPLETE, SectionBuffer } from "./section.ts";

export type { RequestLimits } from "./request-head.ts";
export { DEFAULT_LIMITS } from "./request-head.ts";

export interface RequestEvents extends BodyEvents {
  head(head: RequestHead): void;
}

/**
 * Reads the requests of one connection (RFC 9112), one strict reading of each. Pure: bytes in, events out.
 *
 * Any violation throws a `ProtocolError`, after which the parser must not be used again: what follows on the connection
 * has no meaning.
 */
export class RequestParser {
  /** Bounds on the requests whose heads begin from now on. */
  limits: RequestLimits;
  readonly #events: RequestEvents;
  readonly #reader: RequestHeadReader;
  readonly #section: SectionBuffer;
  readonly #body: BodyReader;
  #inHead = false;
  /** Of an empty line before the request line: nothing, its CR, or all of it has come. */
  #emptyLine: 0 | 1 | 2 = 0;

  constructor(limits: RequestLimits, events: RequestEvents) {
    this.limits = limits;
    this.#events = events;
    this.#reader = new RequestHeadReader(limits);
    this.#section = new SectionBuffer(this.#reader);
    this.#body = new BodyReader(events, BAD_CHUNK, REQUEST_FIELDS, limits);
  }

  /** Nothing more will come: what was gathered of a head or of trailers is dropped. */
  drop(): void {
    this.#section.drop();
    this.#body.drop();
  }

  /** `idle`: between requests. `head`: the head has begun. `body`: the body has not ended. */
  get phase(): "idle" | "head" | "body" {
    if (this.#body.open) return "body";
    return this.#inHead ? "head" : "idle";
  }

  /** Of the head that was told last: the connection may be used for another request. */
  get keepAlive(): boolean {
    return this.#reader.keepAlive;
  }

  /** Of that head: the client waits for 100 Continue before it sends the body. */
  get expectContinue(): boolean {
    return this.#reader.expectContinue;
  }

  /** Of that head: the protocol of an Upgrade field that Connection names, lower case; empty when there is none. */
  get upgrade(): string {
    return this.#reader.upgrade;
  }

  /** The memory that a partial head, or partial trailers, take. */
  get heldBytes(): number {
    return this.#section.heldBytes + this.#body.heldBytes;
  }

  /**
   * Consumes bytes up to the end of a head or of a body, whichever comes first, and returns the position behind it, so
   * that the caller can stop there; `end` when all was consumed. A request without a body has no `bodyEnd`.
   */
  parse(bytes: Buffer, start: number, end: number): number {
    if (this.#body.open) return this.#body.read(bytes, start, end);
    let position = start;
    if (!this.#inHead) {
      position = this.#skipEmptyLine(bytes, start, end);
      if (position >= end) return end;
      this.#inHead = true;
      if (this.limits !== this.#reader.limits) this.#useLimits();
    }
    position = this.#section.take(bytes, position, end);
    if (position === INCOMPLETE) return end;
    this.#inHead = false;
    this.#emptyLine = 0;
    const head = this.#reader.take();
    if (head.bodyLength !== 0) this.#body.begin(head.bodyLength);
    this.#events.head(head);
    return position;
  }

  #useLimits(): void {
    this.#reader.limits = this.limits;
    this.#body.useLimits(this.limits);
  }

  /** RFC 9112, 2.2: old clients send one CR LF too many after a body. One, and not any number. */
  #skipEmptyLine(bytes: Buffer, start: number, end: number): number {
    let position = start;
    if (this.#emptyLine === 0 && position < end && bytes[position] === CR) {
      this.#emptyLine = 1;
      position++;
    }
    if (this.#emptyLine === 1 && position < end) {
      if (bytes[position] !== LF) throw new ProtocolError(BAD_REQUEST_LINE, "A line ends with a bare CR.");
      this.#emptyLine = 2;
      position++;
    }
    return position;
  }
}
