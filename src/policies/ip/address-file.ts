import type { Around } from "../../contract/around.ts";
import type { Events } from "../../core/events.ts";
import type { Clock } from "../../host/host.ts";
import { WatchedFile, type FileContent } from "../../host/watched-file.ts";
import { AddressRanges, readRanges } from "../../lib/address-ranges.ts";

const FILE_BYTES = 32 * 1024 * 1024;
const MOST_ENTRIES = 2_000_000;
/** Read at a time while requests wait: less than a millisecond. */
const LINES_OF_A_TURN = 2000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Why a list cannot be used: a sentence that begins with the file's name, and with the line where one is wrong. */
export class AddressFileError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A list of addresses and networks in a file, one a line, that is read anew when it changes. */
export class AddressFile {
  readonly #name: string;
  readonly #file: WatchedFile;
  readonly #clock: Clock;
  readonly #events: Events;
  /** Of the content that is being read, and of none once the file is closed. */
  #reading = 0;

  constructor(name: string, { host, events }: Pick<Around, "host" | "events">) {
    this.#name = name;
    this.#file = new WatchedFile(name, FILE_BYTES);
    this.#clock = host.clock;
    this.#events = events;
  }

  /** Reads it now; throws an `AddressFileError`. */
  read(): AddressRanges {
    const lines = new Lines(this.#name, this.#textOf(this.#file.read()));
    while (!lines.take(LINES_OF_A_TURN));
    return lines.ranges;
  }

  /** Calls `changed` with what it holds whenever that is another list. One that cannot be used, or that `changed` throws for, is told of. */
  watch(changed: (ranges: AddressRanges) => void): void {
    this.#file.watch(this.#clock, (content) => {
      const reading = ++this.#reading;
      this.#attempt(() => {
        const text = this.#textOf(content);
        // Who writes in place has emptied the file first: for that moment nobody would be denied.
        if (text === "")
          throw new AddressFileError(`${this.#name} is empty`, "a list of nobody has a comment");
        const lines = new Lines(this.#name, text);
        const readOn = (): void => {
          if (reading !== this.#reading) return;
          if (!lines.take(LINES_OF_A_TURN)) {
            this.#clock.nextTurn(() => this.#attempt(readOn));
            return;
          }
          changed(lines.ranges);
          const entries = lines.ranges.size;
          this.#events.tell({ kind: "file.read_anew", file: this.#name, what: "addresses", entries });
        };
        readOn();
      });
    });
  }

  close(): void {
    this.#reading++;
    this.#file.close();
  }

  #attempt(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof AddressFileError)) throw error;
      const problem = error.message;
      this.#events.tell({ kind: "file.unusable", file: this.#name, what: "addresses", problem });
    }
  }

  #textOf(content: FileContent): string {
    if (content.problem !== undefined) throw new AddressFileError(`${this.#name}: ${content.problem}`);
    try {
      return utf8.decode(content.bytes);
    } catch {
      throw new AddressFileError(`${this.#name} is not UTF-8`);
    }
  }
}

/** The lines of a list, read a few at a time. */
class Lines {
  readonly ranges = new AddressRanges();
  readonly #name: string;
  readonly #text: string;
  #position = 0;
  #line = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
  }

  /** Reads on for so many lines; true when there are no more. Throws for the first mistake. */
  take(count: number): boolean {
    const text = this.#text;
    for (let i = 0; i < count && this.#position < text.length; i++) {
      const newline = text.indexOf("\n", this.#position);
      const end = newline === -1 ? text.length : newline;
      this.#line++;
      this.#takeLine(this.#position, end);
      this.#position = end + 1;
    }
    return this.#position >= text.length;
  }

  #takeLine(start: number, end: number): void {
    const text = this.#text;
    for (let i = start; i < end; i++) {
      if (text.charCodeAt(i) !== 0x23) continue;
      end = i;
      break;
    }
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    while (start < end && isBlank(text.charCodeAt(end - 1))) end--;
    if (start === end) return;
    if (this.ranges.size >= MOST_ENTRIES)
      throw new AddressFileError(`${this.#name} has more than ${MOST_ENTRIES} entries`);
    if (this.ranges.addText(text, start, end)) return;
    const read = readRanges(text.slice(start, end));
    if ("problem" in read)
      throw new AddressFileError(`${this.#name}:${this.#line}: ${read.problem}`, read.hint);
    this.ranges.add(read.ranges);
  }
}

/** Blank, tab, or the first half of a line's end on Windows. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}
