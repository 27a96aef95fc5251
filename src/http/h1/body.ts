import { UNKNOWN_LENGTH } from "../head.ts";
import type { RefusalKind } from "../refusal.ts";
import type { BodyEvents } from "./chunked.ts";
import { ChunkedReader } from "./chunked.ts";
import type { FieldRules } from "./fields.ts";

const NONE = 0;
const COUNTED = 1;
const CHUNKED = 2;
const UNTIL_CLOSE = 3;

/** Reads the body of a message, however it is delimited (RFC 9112, 6.3). Bytes are passed on where they lie, never copied. */
export class BodyReader {
  readonly #events: BodyEvents;
  readonly #kind: RefusalKind;
  readonly #rules: FieldRules;
  #limits: { readonly headBytes: number; readonly headerCount: number };
  #mode = NONE;
  #remaining = 0;
  /** Made for the first chunked body of a connection: most never have one. */
  #chunked: ChunkedReader | undefined = undefined;

  /** `kind` is what a malformed chunk is called. */
  constructor(
    events: BodyEvents,
    kind: RefusalKind,
    rules: FieldRules,
    limits: { readonly headBytes: number; readonly headerCount: number },
  ) {
    this.#events = events;
    this.#kind = kind;
    this.#rules = rules;
    this.#limits = limits;
  }

  /** A body has begun and not ended. */
  get open(): boolean {
    return this.#mode !== NONE;
  }

  /** Bounds on trailers; to be changed between bodies only. */
  useLimits(limits: { readonly headBytes: number; readonly headerCount: number }): void {
    this.#limits = limits;
    this.#chunked = undefined;
  }

  /** The memory that partial trailers take. */
  get heldBytes(): number {
    return this.#chunked === undefined ? 0 : this.#chunked.heldBytes;
  }

  drop(): void {
    this.#chunked?.drop();
  }

  get untilClose(): boolean {
    return this.#mode === UNTIL_CLOSE;
  }

  /** Begins a body of `length` bytes, at least 1, or a chunked one (`UNKNOWN_LENGTH`). */
  begin(length: number): void {
    if (length !== UNKNOWN_LENGTH) {
      this.#mode = COUNTED;
      this.#remaining = length;
      return;
    }
    this.#mode = CHUNKED;
    this.#chunked ??= new ChunkedReader(this.#kind, this.#rules, this.#limits);
    this.#chunked.begin();
  }

  beginUntilClose(): void {
    this.#mode = UNTIL_CLOSE;
  }

  /** Consumes what belongs to the body, and returns the position behind it; after `bodyEnd` it returns at once. */
  read(bytes: Buffer, start: number, end: number): number {
    if (start >= end) return end;
    const events = this.#events;
    if (this.#mode === COUNTED) {
      const stop = Math.min(end, start + this.#remaining);
      this.#remaining -= stop - start;
      events.body(bytes, start, stop);
      if (this.#remaining === 0) this.#finish();
      return stop;
    }
    if (this.#mode === UNTIL_CLOSE) {
      events.body(bytes, start, end);
      return end;
    }
    const chunked = this.#chunked!;
    const position = chunked.read(bytes, start, end, events);
    if (chunked.done) this.#finish(chunked);
    return position;
  }

  /** The connection has ended, and with it a body that lasts until then. */
  finishAtClose(): void {
    this.#finish();
  }

  #finish(chunked?: ChunkedReader): void {
    // Before the event: whoever hears of it may begin the next message.
    this.#mode = NONE;
    this.#events.bodyEnd(chunked?.takeTrailers());
  }
}
