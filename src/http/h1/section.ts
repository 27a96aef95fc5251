import { borrowBuffer, giveBackBuffer } from "../../lib/spare-buffers.ts";
import { CR, LF } from "./bytes.ts";

/** `read` has seen nothing wrong but not the end either. */
export const INCOMPLETE = -1;

/** Reads a part of a message that ends with an empty line: a head, or trailers. */
export interface SectionReader {
  /** The longest section that `read` accepts, in bytes. */
  readonly limitBytes: number;
  /**
   * Reads a section from its first byte, strictly from left to right, so that what it says of some bytes it says of more
   * too. Returns the position behind the section, or `INCOMPLETE`; throws a `ProtocolError`, at the latest for
   * `limitBytes` bytes without an end.
   */
  read(bytes: Buffer, start: number, end: number): number;
}

const FIRST_BYTES = 1024;

/**
 * Gathers a section that comes in several pieces. A whole section is read where it lies. Of a partial one the bytes are
 * kept, and only line ends are looked for until the empty line has come: then it is read in one go. So that wrong bytes
 * are not waited on, it is also tried at its first line end and whenever it has doubled. Each byte is looked at a bounded
 * number of times on average however the pieces are cut: a client that sends single bytes costs no more than their number.
 */
export class SectionBuffer {
  readonly #reader: SectionReader;
  #held: Buffer | undefined = undefined;
  #length = 0;
  #lineStart = 0;
  #nextTry = 0;

  constructor(reader: SectionReader) {
    this.#reader = reader;
  }

  /** The memory that a partial section takes. */
  get heldBytes(): number {
    return this.#held === undefined ? 0 : this.#held.length;
  }

  /** The rest of the section will not come. */
  drop(): void {
    if (this.#held !== undefined) giveBackBuffer(this.#held);
    this.#held = undefined;
  }

  /** Returns the position behind the section, or `INCOMPLETE` when all bytes were taken and more are needed. */
  take(bytes: Buffer, start: number, end: number): number {
    if (this.#held === undefined) {
      const position = this.#reader.read(bytes, start, end);
      if (position === INCOMPLETE) this.#hold(bytes, start, end);
      return position;
    }
    const before = this.#length;
    this.#append(bytes, start, Math.min(end, start + this.#reader.limitBytes - before));
    const sectionEnd = this.#findEnd(before);
    if (sectionEnd === INCOMPLETE) {
      if (this.#length >= this.#nextTry || this.#length >= this.#reader.limitBytes) this.#try();
      return INCOMPLETE;
    }
    const held = this.#held;
    this.#held = undefined;
    this.#reader.read(held, 0, sectionEnd);
    giveBackBuffer(held);
    return start + sectionEnd - before;
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#length = 0;
    this.#lineStart = 0;
    this.#held = borrowBuffer(Math.max(FIRST_BYTES, end - start));
    this.#append(bytes, start, end);
    this.#findEnd(0);
    this.#nextTry = this.#length * 2;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    let held = this.#held!;
    const length = this.#length + (end - start);
    if (length > held.length) {
      const larger = borrowBuffer(Math.max(length, held.length * 2));
      held.copy(larger, 0, 0, this.#length);
      giveBackBuffer(held);
      this.#held = held = larger;
    }
    bytes.copy(held, this.#length, start, end);
    this.#length = length;
  }

  /** Looks for the empty line among the bytes from `from` on. */
  #findEnd(from: number): number {
    const held = this.#held!;
    for (let at = from; at < this.#length; at++) {
      // Half a line end, CR or LF: the reader throws.
      const afterCr = at > 0 && held[at - 1] === CR;
      if ((held[at] === LF) !== afterCr) this.#try();
      if (held[at] !== LF) continue;
      if (at - this.#lineStart === 1) return at + 1;
      if (this.#lineStart === 0) this.#nextTry = 0;
      this.#lineStart = at + 1;
    }
    return INCOMPLETE;
  }

  #try(): void {
    this.#reader.read(this.#held!, 0, this.#length);
    this.#nextTry = this.#length * 2;
  }
}
