import { UNKNOWN_LENGTH } from "../head.ts";
import type { HeaderList } from "../headers.ts";

/** Not imported: an import takes all of the module's names, and one of them makes Node.js load its client for WebSocket, for 20 ms. */
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/**
 * `framing` of a head is the number of bytes of the body (`content-length`), `UNKNOWN_LENGTH` (chunked), or this: nothing is
 * said, because there is no body, or because the connection's end ends it.
 */
export const NO_FRAMING = -2;

/** The last chunk of a body without trailers. */
const LAST_CHUNK = "0\r\n\r\n";

const statusLines: string[] = [];

/** The status line with its CR LF. */
export function statusLine(status: number): string {
  return (statusLines[status] ??= `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`);
}

/**
 * The head of a response, to be written as latin1. `extra` is whole lines (`name: value` CR LF) that were made ahead.
 *
 * `headers` is trusted here, because checking every value again would cost every request: what was parsed cannot hold a
 * line break, and what else gets into a list is checked where it enters, in the schemas of the config, by the policy that writes
 * claims, or by the `Headers` of a fetch handler.
 */
export function responseHeadText(
  status: number,
  headers: HeaderList,
  framing: number,
  extra: string,
): string {
  return `${statusLine(status)}${fieldLines(headers)}${extra}${framingLine(framing)}\r\n`;
}

/** What goes before a chunk of `size` bytes, at least 1; CR LF goes behind it. */
export function chunkHeadText(size: number): string {
  return `${size.toString(16)}\r\n`;
}

/** The last chunk with trailers (RFC 9112, 7.1.2). */
export function lastChunkText(trailers: HeaderList | undefined): string {
  return trailers === undefined ? LAST_CHUNK : `0\r\n${fieldLines(trailers)}\r\n`;
}

function fieldLines(headers: HeaderList): string {
  const { fields } = headers;
  let text = "";
  for (let i = 0; i < fields.length; i += 2) text += fields[i]! + ": " + fields[i + 1]! + "\r\n";
  return text;
}

function framingLine(framing: number): string {
  if (framing === NO_FRAMING) return "";
  return framing === UNKNOWN_LENGTH ? "transfer-encoding: chunked\r\n" : `content-length: ${framing}\r\n`;
}
