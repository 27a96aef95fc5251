import { latin1 } from "../../lib/latin1.ts";
import type { ResponseHead } from "../head.ts";
import { UNKNOWN_LENGTH } from "../head.ts";
import {
  ROLE_CONNECTION,
  ROLE_CONTENT_LENGTH,
  ROLE_DROPPED,
  ROLE_TRANSFER_ENCODING,
  ROLE_UPGRADE,
} from "../header-names.ts";
import { HeaderList } from "../headers.ts";
import { ProtocolError } from "../protocol-error.ts";
import { BAD_RESPONSE } from "../refusals.ts";
import { CR, LF, SP, VALUE } from "./bytes.ts";
import { fieldScan, RESPONSE_FIELDS } from "./fields.ts";
import { applyConnection, parseContentLength } from "./framing.ts";
import type { SectionReader } from "./section.ts";
import { INCOMPLETE } from "./section.ts";

/** Bounds on a response's head. */
export interface ResponseLimits {
  /** Whole head with its empty line, and likewise a trailer section. */
  readonly headBytes: number;
  readonly headerCount: number;
}

/** A response's head, and what it says of its framing and connection. */
export interface ReadResponseHead {
  readonly head: ResponseHead;
  /** Neither Content-Length nor Transfer-Encoding: the end of the connection is the end of the body. */
  readonly unframed: boolean;
  readonly keepAlive: boolean;
}

/** `HTTP/1.` */
const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];

/** Reads response heads (RFC 9112, 4 and 5) that lie whole in one piece of memory. */
export class ResponseHeadReader implements SectionReader {
  readonly limitBytes: number;
  readonly #headerCount: number;
  #read: ReadResponseHead | undefined = undefined;

  constructor(limits: ResponseLimits) {
    this.limitBytes = limits.headBytes;
    this.#headerCount = limits.headerCount;
  }

  /** What `read` has read; it is handed over once. */
  take(): ReadResponseHead {
    const read = this.#read!;
    this.#read = undefined;
    return read;
  }

  read(bytes: Buffer, start: number, end: number): number {
    const tooLarge = end - start >= this.limitBytes;
    const stop = tooLarge ? start + this.limitBytes : end;
    let position = readStatusLine(bytes, start, stop);
    if (position !== INCOMPLETE) {
      position = fieldScan.scan(bytes, position, stop, RESPONSE_FIELDS, this.#headerCount);
    }
    if (position === INCOMPLETE) {
      if (tooLarge) throw new ProtocolError(BAD_RESPONSE, "The head is too large.");
      return INCOMPLETE;
    }
    const status =
      (bytes[start + 9]! - 0x30) * 100 + (bytes[start + 10]! - 0x30) * 10 + (bytes[start + 11]! - 0x30);
    this.#read = makeHead(status, bytes[start + 7] === 0x31, latin1(bytes, start, position), start);
    return position;
  }
}

/** `HTTP/1.x NNN reason`; the reason is for nobody and is not kept. */
function readStatusLine(bytes: Buffer, start: number, end: number): number {
  let i = start;
  for (; i < start + 12; i++) {
    if (i >= end) return INCOMPLETE;
    if (!belongsInStatusLine(bytes[i]!, i - start))
      throw new ProtocolError(BAD_RESPONSE, "The status line is malformed.");
  }
  if (i >= end) return INCOMPLETE;
  // The space before an empty reason is left out by many.
  if (bytes[i] === SP) while (i < end && VALUE[bytes[i]!] === 1) i++;
  if (i >= end) return INCOMPLETE;
  if (bytes[i] !== CR) throw new ProtocolError(BAD_RESPONSE, "The status line is malformed.");
  if (++i >= end) return INCOMPLETE;
  if (bytes[i] !== LF) throw new ProtocolError(BAD_RESPONSE, "A line ends with a bare CR.");
  return i + 1;
}

function belongsInStatusLine(byte: number, at: number): boolean {
  if (at < VERSION.length) return byte === VERSION[at];
  if (at === 7) return byte === 0x30 || byte === 0x31;
  if (at === 8) return byte === SP;
  return at === 9 ? byte >= 0x31 && byte <= 0x35 : byte >= 0x30 && byte <= 0x39;
}

/** Makes a head of the positions that were scanned; `text` begins at the position `start`. */
function makeHead(status: number, isLatest: boolean, text: string, start: number): ReadResponseHead {
  // HTTP/1.0 has none (RFC 9110 section 15.2), so that others may read such a 1xx as the service's last word.
  if (!isLatest && status < 200) throw new ProtocolError(BAD_RESPONSE, "An interim response of HTTP/1.0.");
  const { count, names, offsets } = fieldScan;
  const fields: string[] = [];
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection: string | undefined;
  for (let at = 0; at < count; at++) {
    const name = names[at]!;
    const value = text.substring(offsets[at * 2]! - start, offsets[at * 2 + 1]! - start);
    switch (name.role) {
      case ROLE_CONTENT_LENGTH:
        if (contentLength !== undefined) throw new ProtocolError(BAD_RESPONSE, "Content-Length is repeated.");
        contentLength = value;
        break;
      case ROLE_TRANSFER_ENCODING:
        if (transferEncoding !== undefined)
          throw new ProtocolError(BAD_RESPONSE, "Transfer-Encoding is repeated.");
        transferEncoding = value;
        break;
      case ROLE_CONNECTION:
        connection = connection === undefined ? value : `${connection}, ${value}`;
        break;
      case ROLE_UPGRADE:
      case ROLE_DROPPED:
        break;
      default:
        fields.push(name.lower, value);
    }
  }
  const headers = new HeaderList(fields);
  const { keepAlive } = applyConnection(connection, isLatest ? 1 : 0, headers, BAD_RESPONSE);
  return {
    head: { status, headers, bodyLength: readBodyLength(contentLength, transferEncoding, isLatest) },
    unframed: contentLength === undefined && transferEncoding === undefined,
    keepAlive,
  };
}

function readBodyLength(
  contentLength: string | undefined,
  transferEncoding: string | undefined,
  isLatest: boolean,
): number {
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) {
      throw new ProtocolError(BAD_RESPONSE, "Content-Length and Transfer-Encoding exclude each other.");
    }
    if (!isLatest) throw new ProtocolError(BAD_RESPONSE, "HTTP/1.0 has no Transfer-Encoding.");
    if (transferEncoding.toLowerCase() !== "chunked") {
      throw new ProtocolError(BAD_RESPONSE, "Transfer-Encoding is not 'chunked'.");
    }
    return UNKNOWN_LENGTH;
  }
  if (contentLength === undefined) return UNKNOWN_LENGTH;
  const length = parseContentLength(contentLength);
  if (length === -1) throw new ProtocolError(BAD_RESPONSE, "Content-Length is not one plain number.");
  return length;
}
