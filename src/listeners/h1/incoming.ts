import type { Clock, Wire } from "../../host/host.ts";
import type { RequestParser } from "../../http/h1/request-parser.ts";

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
 * client that pipelines requests which the gateway itself answers would else have it for as long as it goes on.
 */
const SHARE = 4;

/** What has come from a client: parsed as far as it may be, and kept where it must wait. */
export class Incoming {
  /** Something is being parsed: whoever wants to go on need not do anything. */
  reading = false;
  readonly #wire: Wire;
  readonly #parser: RequestParser;
  readonly #reader: Reader;
  readonly #clock: Clock;
  #stash: Buffer | undefined = undefined;
  /** Its share was read, and the next turn goes on. */
  #yielded = false;

  constructor(wire: Wire, parser: RequestParser, reader: Reader, clock: Clock) {
    this.#wire = wire;
    this.#parser = parser;
    this.#reader = reader;
    this.#clock = clock;
  }

  get waiting(): boolean {
    return this.#stash !== undefined;
  }

  /** Takes bytes whose memory is used again afterwards. */
  take(bytes: Buffer, length: number): void {
    if (this.#stash === undefined) this.#read(bytes, length, false);
    else this.#stash = Buffer.concat([this.#stash, bytes.subarray(0, length)]);
  }

  /** Goes on with what was kept. True when nothing is left of it, and more comes. */
  readOn(): boolean {
    if (this.reading || this.#yielded) return false;
    const stash = this.#stash;
    this.#stash = undefined;
    if (stash !== undefined) this.#read(stash, stash.length, true);
    if (this.waiting) return false;
    this.#wire.resume();
    return true;
  }

  drop(): void {
    this.#stash = undefined;
  }

  /** `own` says that the memory of `bytes` is not used again. */
  #read(bytes: Buffer, length: number, own: boolean): void {
    const reader = this.#reader;
    let position = 0;
    let share = SHARE;
    this.reading = true;
    try {
      while (position < length && share-- > 0 && reader.mayRead())
        position = this.#parser.parse(bytes, position, length);
    } catch (error) {
      position = length;
      reader.unreadable(error);
    }
    this.reading = false;
    if (position < length && reader.mayKeep()) {
      this.#stash = own ? bytes.subarray(position) : Buffer.from(bytes.subarray(position, length));
      this.#wire.pause();
      if (share < 0) this.#yield();
    }
    reader.readDone();
  }

  #yield(): void {
    this.#yielded = true;
    this.#clock.nextTurn(() => {
      this.#yielded = false;
      this.#reader.readOn();
    });
  }
}
