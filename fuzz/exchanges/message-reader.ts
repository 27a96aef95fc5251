import { must } from "./fault.ts";

/** A message as far as it has come, read by the letter: what is sent by the gateway, and what reached a service. */
export interface Message {
  readonly startLine: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  body: string;
  complete: boolean;
  /** Its end is that of the connection. */
  readonly untilClose: boolean;
}

export interface MessageEvents {
  /** The head has been read. */
  begun(message: Message): void;
  completed(message: Message): void;
}

type State = "head" | "length" | "size" | "chunk" | "chunk-end" | "trailers" | "until-close";

const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads a stream of messages strictly, as their bytes come; shares no code with the gateway. */
export class MessageReader {
  readonly messages: Message[] = [];
  readonly #startLine: RegExp;
  /** Whether the message has no body, whatever its fields say. */
  readonly #isBodiless: (startLine: string) => boolean;
  readonly #events: MessageEvents;
  #rest = "";
  #state: State = "head";
  #left = 0;

  constructor(startLine: RegExp, isBodiless: (startLine: string) => boolean, events: MessageEvents) {
    this.#startLine = startLine;
    this.#isBodiless = isBodiless;
    this.#events = events;
  }

  get last(): Message | undefined {
    return this.messages.at(-1);
  }

  /** Whether it is between messages. */
  get idle(): boolean {
    return this.#state === "head" && this.#rest === "";
  }

  feed(text: string): void {
    this.#rest += text;
    while (this.#step());
  }

  /** The connection has ended in the regular way. */
  ended(): void {
    if (this.#state === "until-close") this.#complete();
  }

  /** Whether there may be more to read. */
  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#readHead();
      case "length":
      case "chunk":
        return this.#readBytes();
      case "size":
        return this.#readLine((line) => this.#beginChunk(line));
      case "chunk-end":
        return this.#readLine((line) => {
          must(line === "", "a chunk is longer than its size says");
          this.#state = "size";
        });
      case "trailers":
        return this.#readLine((line) => {
          if (line === "") this.#complete();
          else must(FIELD_LINE.test(line), `a malformed trailer: ${JSON.stringify(line)}`);
        });
      default:
        this.last!.body += this.#rest;
        this.#rest = "";
        return false;
    }
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const [startLine = "", ...lines] = this.#rest.slice(0, end).split("\r\n");
    this.#rest = this.#rest.slice(end + 4);
    must(this.#startLine.test(startLine), `a malformed start line: ${JSON.stringify(startLine)}`);
    const fields = lines.map((line) => {
      const field = FIELD_LINE.exec(line);
      must(field !== null, `a malformed field line: ${JSON.stringify(line)}`);
      return [field![1]!.toLowerCase(), field![2]!] as const;
    });
    this.#begin(startLine, fields);
    return true;
  }

  #begin(startLine: string, fields: Message["fields"]): void {
    const framing = fields.filter(([name]) => name === "content-length" || name === "transfer-encoding");
    must(framing.length <= 1, `a message is framed twice: ${startLine}`);
    const [name, value] = framing[0] ?? ["", "0"];
    const bodiless = this.#isBodiless(startLine);
    const untilClose = name === "" && !bodiless && startLine.startsWith("HTTP/");
    this.messages.push({ startLine, fields, body: "", complete: false, untilClose });
    this.#events.begun(this.last!);
    if (bodiless) this.#complete();
    else if (name === "transfer-encoding") {
      must(value === "chunked", `an unknown coding: ${value}`);
      this.#state = "size";
    } else if (untilClose) {
      this.#state = "until-close";
    } else {
      this.#left = Number(value);
      this.#state = "length";
      if (this.#left === 0) this.#complete();
    }
  }

  #readBytes(): boolean {
    const text = this.#rest.slice(0, this.#left);
    if (text === "") return false;
    this.#rest = this.#rest.slice(text.length);
    this.#left -= text.length;
    this.last!.body += text;
    if (this.#left > 0) return false;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else this.#complete();
    return true;
  }

  #beginChunk(line: string): void {
    must(/^[0-9a-f]+$/.test(line), `a malformed chunk size: ${JSON.stringify(line.slice(0, 40))}`);
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #readLine(read: (line: string) => void): boolean {
    const end = this.#rest.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 2);
    read(line);
    return true;
  }

  #complete(): void {
    const message = this.last!;
    message.complete = true;
    this.#state = "head";
    this.#events.completed(message);
  }
}
