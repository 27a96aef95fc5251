import type { RequestHead, ResponseHead } from "../../../src/http/head.ts";
import type { HeaderList } from "../../../src/http/headers.ts";
import { DEFAULT_LIMITS, RequestParser } from "../../../src/http/h1/request-parser.ts";
import { ResponseParser } from "../../../src/http/h1/response-parser.ts";
import { ProtocolError } from "../../../src/http/protocol-error.ts";

/** A message as some parser has read it to its end. */
export interface Reading<Head> {
  readonly head: Head;
  body: string;
  trailers: readonly string[];
}

/** A request's head, with what the parser says of its connection. */
export interface ReadHead extends RequestHead {
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  readonly upgrade: string;
}

export interface Readings<Head> {
  /** Messages that were read to their end. */
  readonly complete: Reading<Head>[];
  readonly interim: number[];
  /** The head of a message that has begun and not ended. */
  begun: Head | undefined;
  /** Code and message of the violation that ended it, empty when there was none. */
  refused: string;
  detail: string;
  /** What the parser did not take. */
  surplus: string;
}

/** The small limits make their bounds cheap to reach. */
export const TEST_LIMITS = { ...DEFAULT_LIMITS, targetBytes: 64, headBytes: 512, headerCount: 8 };

/** Fields that the codec keeps to itself. */
export const HOP_BY_HOP = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Cuts of `length` bytes at `cuts`, which may repeat and lie outside. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const inside = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).toSorted((a, b) => a - b);
  // Each piece is copied and its copy is overwritten after use, as a socket's read buffer is.
  return [0, ...inside].map((from, index) =>
    Buffer.from(bytes.subarray(from, inside[index] ?? bytes.length)),
  );
}

export function everyByte(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => index);
}

/** Reads requests until the first that does not keep the connection, an error, or the end. */
export function readRequests(
  text: string,
  cuts: readonly number[] = [],
  limits = DEFAULT_LIMITS,
): Readings<ReadHead> {
  const readings = emptyReadings<ReadHead>();
  const state = { closed: false };
  let head: ReadHead | undefined;
  const complete = (trailers: HeaderList | undefined) => {
    readings.complete.push({ head: head!, body, trailers: trailers?.fields ?? [] });
    state.closed = !head!.keepAlive;
    head = undefined;
  };
  let body = "";
  const parser = new RequestParser(limits, {
    head(next) {
      const { keepAlive, expectContinue, upgrade } = parser;
      head = { ...next, keepAlive, expectContinue, upgrade };
      body = "";
      if (next.bodyLength === 0) complete(undefined);
    },
    body(bytes, start, end) {
      body += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    },
    bodyEnd: complete,
  });
  guarded(readings, () => {
    for (const piece of pieces(Buffer.from(text, "latin1"), cuts)) {
      let position = 0;
      while (position < piece.length && !state.closed) position = parser.parse(piece, position, piece.length);
      piece.fill(0x21);
    }
  });
  readings.begun = head;
  return readings;
}

/** Reads the answer to one request of `method`; `fin` tells the parser of the connection's end. */
export function readResponse(
  text: string,
  { method = "GET", fin = false, cuts = [], limits = DEFAULT_LIMITS }: ResponseOptions = {},
): Readings<ResponseHead> {
  const readings = emptyReadings<ResponseHead>();
  let head: ResponseHead | undefined;
  let body = "";
  const parser = new ResponseParser(limits, {
    interim: (status) => readings.interim.push(status),
    head(next) {
      head = next;
    },
    body(bytes, start, end) {
      body += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    },
    bodyEnd(trailers) {
      readings.complete.push({ head: head!, body, trailers: trailers?.fields ?? [] });
      head = undefined;
    },
  });
  parser.expect(method);
  guarded(readings, () => {
    for (const piece of pieces(Buffer.from(text, "latin1"), cuts)) {
      const position = parser.parse(piece, 0, piece.length);
      readings.surplus += piece.toString("latin1", position);
      piece.fill(0x21);
    }
    if (fin) parser.ended();
  });
  readings.begun = head;
  return readings;
}

export interface ResponseOptions {
  readonly method?: string;
  readonly fin?: boolean;
  readonly cuts?: readonly number[];
  readonly limits?: { readonly headBytes: number; readonly headerCount: number };
}

function emptyReadings<Head>(): Readings<Head> {
  return { complete: [], interim: [], begun: undefined, refused: "", detail: "", surplus: "" };
}

function guarded(readings: { refused: string; detail: string }, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    readings.refused = error.kind.code;
    readings.detail = error.message;
  }
}
