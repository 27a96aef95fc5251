import { hexDigit } from "../lib/hex.ts";
import { ProtocolError } from "./protocol-error.ts";
import { AMBIGUOUS_PATH, BAD_TARGET } from "./refusals.ts";

/** A request target in the one form that routing, policies, keys and forwarding use. */
export interface CanonicalTarget {
  readonly path: string;
  /** With its `?`, byte for byte as received; empty when there is none. */
  readonly query: string;
}

const PLAIN = 0;
const ESCAPE = 1;
const ENCODE = 2;
const REFUSE = 3;
const QUERY = 4;
const SEPARATE = 5;

const SLASH = 0x2f;
const DOT = 0x2e;

/** What a byte of a path means. */
const PATH_CLASS = pathClasses();
/** RFC 3986, 2.3: characters whose percent escape is the same as the character. */
const UNRESERVED = /^[A-Za-z0-9._~-]$/;

/**
 * The canonical form of an origin-form target (RFC 9112, 3.2.1), where each char is a byte. Escapes of unreserved
 * characters are decoded, other escapes are kept in upper case, and the few characters that RFC 3986 does not allow raw
 * but clients send are escaped; the result is its own canonical form.
 *
 * Throws a `ProtocolError` for whatever one service could take for another path than the next: dot segments, `//`, `;`,
 * `\`, `#`, `%2f`, `%5c`, encoded control characters, escapes that are incomplete or no UTF-8, raw bytes beyond ASCII.
 * With `encodedSlashes`, `%2F` is a character like others, but makes no dot segment and no `//` for who decodes it.
 */
export function canonicalTarget(raw: string, encodedSlashes = false): CanonicalTarget {
  if (raw.charCodeAt(0) !== SLASH) throw new ProtocolError(BAD_TARGET);
  let rewrite = false;
  let segmentStart = 1;
  let end = 1;
  for (; end < raw.length; end++) {
    const code = raw.charCodeAt(end);
    const found = code < 128 ? PATH_CLASS[code]! : REFUSE;
    if (found === PLAIN) continue;
    if (found === QUERY) break;
    if (found === REFUSE) throw new ProtocolError(AMBIGUOUS_PATH, `The path holds ${nameOf(code)}.`);
    if (found === SEPARATE) {
      if (end === segmentStart)
        throw new ProtocolError(AMBIGUOUS_PATH, "The path holds an empty segment ('//').");
      if (isDotSegment(raw, segmentStart, end)) throw dotSegment();
      segmentStart = end + 1;
    } else {
      rewrite = true;
    }
  }
  if (isDotSegment(raw, segmentStart, end)) throw dotSegment();
  const received = end === raw.length ? raw : raw.slice(0, end);
  const path = rewrite ? rewritten(received, encodedSlashes) : received;
  if (end === raw.length) return { path, query: "" };
  refuseBadQuery(raw, end);
  return { path, query: raw.slice(end) };
}

function isDotSegment(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length !== 1 && length !== 2) return false;
  return text.charCodeAt(start) === DOT && text.charCodeAt(end - 1) === DOT;
}

function dotSegment(): ProtocolError {
  return new ProtocolError(AMBIGUOUS_PATH, "The path holds a dot segment ('.' or '..').");
}

/** Dot segments that only show once `%2e` is decoded. */
const DECODED_DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/** Control bytes, spaces and what is beyond ASCII (RFC 3986, 3.4); and `#`, which begins a fragment that no client sends. */
function refuseBadQuery(raw: string, start: number): void {
  for (let i = start; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code <= 0x20 || code === 0x23 || code >= 0x7f) {
      throw new ProtocolError(
        BAD_TARGET,
        "The query holds a control character, a space, '#' or a byte beyond ASCII.",
      );
    }
  }
}

function rewritten(raw: string, encodedSlashes: boolean): string {
  let path = "";
  let copied = 0;
  let beyondAscii = false;
  let slashEscaped = false;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    const found = PATH_CLASS[code]!;
    if (found === PLAIN || found === SEPARATE) continue;
    path += raw.slice(copied, i);
    if (found === ENCODE) {
      path += `%${code.toString(16).toUpperCase()}`;
      copied = i + 1;
      continue;
    }
    const byte = hexPair(raw, i + 1);
    if (byte === -1) throw new ProtocolError(AMBIGUOUS_PATH, "The path holds an incomplete percent escape.");
    if (byte === SLASH && encodedSlashes) slashEscaped = true;
    else if (byte < 0x20 || byte === 0x7f || byte === SLASH || byte === 0x5c) {
      throw new ProtocolError(AMBIGUOUS_PATH, `The path holds ${nameOf(byte)} as a percent escape.`);
    }
    if (byte >= 0x80) beyondAscii = true;
    const character = String.fromCharCode(byte);
    path += UNRESERVED.test(character) ? character : raw.slice(i, i + 3).toUpperCase();
    i += 2;
    copied = i + 1;
  }
  path += raw.slice(copied);
  const decoded = slashEscaped ? path.replaceAll("%2F", "/") : path;
  if (DECODED_DOT_SEGMENT.test(decoded)) throw dotSegment();
  if (slashEscaped && decoded.includes("//"))
    throw new ProtocolError(AMBIGUOUS_PATH, "The path holds an empty segment ('//') once '%2F' is decoded.");
  if (beyondAscii) refuseOtherThanUtf8(path);
  return path;
}

/** Overlong forms hide dots and slashes from us that a lax service would see, and other code pages are anyone's guess. */
function refuseOtherThanUtf8(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw new ProtocolError(AMBIGUOUS_PATH, "The path's percent escapes are not UTF-8.");
  }
}

/** The byte that two hexadecimal digits at `at` stand for, or -1. */
function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function nameOf(code: number): string {
  if (code > 0x7e) return "a byte beyond ASCII";
  return code < 0x20 ? "a control character" : code === 0x20 ? "a space" : `'${String.fromCharCode(code)}'`;
}

function pathClasses(): Uint8Array {
  const classes = new Uint8Array(128).fill(REFUSE);
  for (let code = 0x21; code < 0x7f; code++) classes[code] = PLAIN;
  for (const character of '"<>^`{|}') classes[character.charCodeAt(0)] = ENCODE;
  for (const character of "\\#;") classes[character.charCodeAt(0)] = REFUSE;
  classes["%".charCodeAt(0)] = ESCAPE;
  classes["?".charCodeAt(0)] = QUERY;
  classes[SLASH] = SEPARATE;
  return classes;
}
