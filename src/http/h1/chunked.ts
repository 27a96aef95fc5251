import type { HeaderList } from "../headers.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { RefusalKind } from "../refusal.ts";
import { CR, HEX_VALUE, LF } from "./bytes.ts";
import type { FieldRules } from "./fields.ts";
import { INCOMPLETE, SectionBuffer } from "./section.ts";
import { TrailerReader } from "./trailers.ts";

/** Takes body bytes as ranges of the memory that was read into: they are only valid during the call. */
export interface BodyEvents {
  body(bytes: Uint8Array, start: number, end: number): void;
  bodyEnd(trailers: HeaderList | undefined): void;
}

const SIZE = 0;
const SIZE_LF = 1;
const DATA = 2;
const DATA_CR = 3;
const DATA_LF = 4;
const TRAILERS = 5;

/** Chunks that are read by one call: tiny ones cost as much as large ones, and others wait meanwhile. */
const CHUNKS_A_CALL = 256;
/** Data of at most so many bytes is moved up behind what lies before it, so that tiny chunks are told of together. */
const SMALL_BYTES = 512;

/** Chunks of 4 GB are enough for anyone, and more digits only serve to overflow somebody's number. */
const MAX_SIZE_DIGITS = 8;

/**
 * Decodes the chunked coding (RFC 9112, 7.1), strictly: sizes are 1 to 8 hexadecimal digits, lines end with CR LF, and
 * extensions are refused, since nobody uses them but to make two parsers disagree about where a chunk begins.
 */
export class ChunkedReader {
  readonly #kind: RefusalKind;
  readonly #trailerReader: TrailerReader;
  readonly #section: SectionBuffer;
  #state = SIZE;
  #digits = 0;
  /** The size read so far, then the bytes of the chunk that have not come yet. */
  #remaining = 0;

  constructor(
    kind: RefusalKind,
    rules: FieldRules,
    limits: { readonly headBytes: number; readonly headerCount: number },
  ) {
    this.#kind = kind;
    this.#trailerReader = new TrailerReader(rules, limits);
    this.#section = new SectionBuffer(this.#trailerReader);
  }

  /** True once the whole body was read; `read` must not be called again, and the next body begins with the next call. */
  done = false;

  /** The memory that partial trailers take. */
  get heldBytes(): number {
    return this.#section.heldBytes;
  }

  drop(): void {
    this.#section.drop();
  }

  begin(): void {
    this.done = false;
    this.#state = SIZE;
    this.#digits = 0;
    this.#remaining = 0;
  }

  /**
   * Consumes what belongs to the body, but no more than a number of chunks, and returns the position behind it. Emits
   * `body`, never `bodyEnd`, and writes over framing that it has read: whoever gets a body of one-byte chunks must not be
   * made to pay for each.
   */
  read(bytes: Buffer, start: number, end: number, events: BodyEvents): number {
    let i = start;
    let chunks = 0;
    let from = start;
    let to = start;
    while (i < end && chunks < CHUNKS_A_CALL) {
      switch (this.#state) {
        case SIZE:
          i = this.#readSize(bytes, i, end);
          break;
        case SIZE_LF:
          if (bytes[i++] !== LF) throw new ProtocolError(this.#kind, "A chunk size ends with a bare CR.");
          this.#state = this.#remaining === 0 ? TRAILERS : DATA;
          break;
        case DATA: {
          const stop = Math.min(end, i + this.#remaining);
          this.#remaining -= stop - i;
          if (this.#remaining === 0) this.#state = DATA_CR;
          if (to > from && stop - i <= SMALL_BYTES) {
            to = moveUp(bytes, to, i, stop);
          } else {
            if (to > from) events.body(bytes, from, to);
            from = i;
            to = stop;
          }
          i = stop;
          break;
        }
        case DATA_CR:
          if (bytes[i++] !== CR) throw new ProtocolError(this.#kind, "A chunk is longer than its size says.");
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (bytes[i++] !== LF) throw new ProtocolError(this.#kind, "A chunk ends with a bare CR.");
          this.#state = SIZE;
          this.#digits = 0;
          chunks++;
          break;
        default: {
          if (to > from) events.body(bytes, from, to);
          const position = this.#section.take(bytes, i, end);
          if (position === INCOMPLETE) return end;
          this.done = true;
          return position;
        }
      }
    }
    if (to > from) events.body(bytes, from, to);
    return i;
  }

  takeTrailers(): HeaderList | undefined {
    return this.#trailerReader.take();
  }

  #readSize(bytes: Buffer, start: number, end: number): number {
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      const digit = HEX_VALUE[byte]!;
      if (digit < 16) {
        if (this.#digits === MAX_SIZE_DIGITS)
          throw new ProtocolError(this.#kind, "A chunk size is too large.");
        this.#digits += 1;
        this.#remaining = this.#remaining * 16 + digit;
        continue;
      }
      if (byte !== CR || this.#digits === 0) {
        throw new ProtocolError(this.#kind, "A chunk size is no hexadecimal number, or has an extension.");
      }
      this.#state = SIZE_LF;
      return i + 1;
    }
    return end;
  }
}

/** Of a byte or two, the call of `copyWithin` would cost more than all else that is done for them. */
function moveUp(bytes: Buffer, to: number, start: number, end: number): number {
  if (end - start > 32) {
    bytes.copyWithin(to, start, end);
    return to + end - start;
  }
  let i = to;
  for (let from = start; from < end; from++) bytes[i++] = bytes[from]!;
  return i;
}
