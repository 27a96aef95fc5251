import type { Wire } from "../../host/host.ts";
import type { RequestParser } from "../../http/h1/request-parser.ts";
import { borrowBuffer, giveBackBuffer } from "../../lib/spare-buffers.ts";
import type { Turns, Waiting } from "../turns.ts";

/** Says how far an `Incoming` may go. */
export interface Reader {
  /** Whether the next bytes may be parsed now; asked anew after each head and each piece of a body. */
  mayRead(): boolean;
  /** Whether bytes that may not be parsed now are worth keeping. */
  mayKeep(): boolean;
  /** Parsing failed: nothing more that comes has a meaning. */
  unreadable(error: unknown): void;
  /** What may be parsed of what has come has been parsed. */
  readDone(): void;
  /** The turn in which this client has had its share is over. */
  readOn(): void;
}

/**
 * How many heads, ends of bodies or groups of chunks are read from one client before all others had their turn: a
 * client that pipelines requests which the gateway itself answers would else have it for as long as it goes on. Two, so
 * that a body which came with its head is seen before the head goes on.
 */
const SHARE = 2;

/** What has come from a client: parsed as far as it may be, and kept where it must wait. */
export class Incoming implements Waiting {
  /** Something is being parsed: whoever wants to go on need not do anything. */
  reading = false;
  /** What was passed on last, and lies where it cannot go on. */
  passedOnBytes = 0;
  readonly #wire: Wire;
  readonly #parser: RequestParser;
  readonly #reader: Reader;
  readonly #turns: Turns;
  /** What waits, from `#from` to `#to`. */
  #kept: Buffer | undefined = undefined;
  #from = 0;
  #to = 0;
  /** Its share was read, and the next turn goes on. */
  #yielded = false;

  constructor(wire: Wire, parser: RequestParser, reader: Reader, turns: Turns) {
    this.#wire = wire;
    this.#parser = parser;
    this.#reader = reader;
    this.#turns = turns;
  }

  get waiting(): boolean {
    return this.#kept !== undefined;
  }

  /** The memory of what waits here, or behind. */
  get heldBytes(): number {
    return this.passedOnBytes + (this.#kept === undefined ? 0 : this.#kept.length);
  }

  /** Takes bytes whose memory is used again afterwards. */
  take(bytes: Buffer, length: number): void {
    const kept = this.#kept;
    if (kept === undefined) return this.#read(bytes, 0, length, false);
    this.#kept = Buffer.concat([kept.subarray(this.#from, this.#to), bytes.subarray(0, length)]);
    this.#from = 0;
    this.#to = this.#kept.length;
    giveBackBuffer(kept);
  }

  /** Goes on with what was kept. True when nothing is left of it, and more comes. */
  readOn(): boolean {
    if (this.reading || this.#yielded) return false;
    const kept = this.#kept;
    this.#kept = undefined;
    this.passedOnBytes = 0;
    if (kept !== undefined) this.#read(kept, this.#from, this.#to, true);
    if (this.waiting) return false;
    this.#wire.resume();
    return true;
  }

  /** Nothing more will be read. */
  drop(): void {
    if (this.#kept !== undefined) giveBackBuffer(this.#kept);
    this.#kept = undefined;
    this.passedOnBytes = 0;
    this.#parser.drop();
  }

  /** `own` says that `bytes` is what was kept. */
  #read(bytes: Buffer, start: number, end: number, own: boolean): void {
    const reader = this.#reader;
    let position = start;
    let share = SHARE;
    this.reading = true;
    try {
      while (position < end && share-- > 0 && reader.mayRead())
        position = this.#parser.parse(bytes, position, end);
    } catch (error) {
      position = end;
      reader.unreadable(error);
    }
    this.reading = false;
    // What may still be read is kept in any case: it only waits for its turn.
    if (position < end && (reader.mayRead() || reader.mayKeep())) {
      this.#keep(bytes, position, end, own);
      this.#wire.pause();
      if (share < 0) this.#yield();
    } else if (own) {
      giveBackBuffer(bytes);
    }
    reader.readDone();
  }

  #keep(bytes: Buffer, start: number, end: number, own: boolean): void {
    const kept = own ? bytes : borrowBuffer(end - start);
    if (!own) bytes.copy(kept, 0, start, end);
    this.#kept = kept;
    this.#from = own ? start : 0;
    this.#to = own ? end : end - start;
  }

  #yield(): void {
    this.#yielded = true;
    this.#turns.wait(this);
  }

  goOn(): void {
    this.#yielded = false;
    this.#reader.readOn();
  }
}
