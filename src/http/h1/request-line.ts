import { latin1 } from "../../lib/latin1.ts";
import { canonicalAuthority } from "../authority.ts";
import { ProtocolError } from "../protocol-error.ts";
import {
  BAD_REQUEST_LINE,
  BAD_TARGET,
  METHOD_NOT_ALLOWED,
  TARGET_TOO_LONG,
  VERSION_NOT_SUPPORTED,
} from "../refusals.ts";
import { canonicalTarget } from "../target.ts";
import { CR, LF, SP, TARGET, TOKEN } from "./bytes.ts";
import { INCOMPLETE } from "./section.ts";

/** What `readRequestLine` has read; shared by all parsers, because reading a head is one synchronous call. */
export const requestLine: { method: string; targetStart: number; targetEnd: number; minorVersion: 0 | 1 } = {
  method: "",
  targetStart: 0,
  targetEnd: 0,
  minorVersion: 1,
};

const MAX_METHOD_BYTES = 32;

/** Methods as internalized strings, so that routing compares pointers. */
const METHODS = new Map(
  ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"].map((name) => [name, name]),
);

/** Methods of which another spelling is refused. */
const STANDARD: ReadonlySet<string> = new Set(["GET", "CONNECT", "TRACE", ...METHODS.keys()]);

/** `HTTP/d.d` CR LF; 0 stands for a digit. */
const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f, 0, 0x2e, 0, CR, LF];

/** Reads a request line (RFC 9112, 3) into `requestLine`; returns the position behind it, or `INCOMPLETE`. */
export function readRequestLine(bytes: Buffer, start: number, end: number, targetBytes: number): number {
  let i = start;
  while (i < end && TOKEN[bytes[i]!] === 1) i++;
  if (i - start > MAX_METHOD_BYTES) throw new ProtocolError(BAD_REQUEST_LINE, "The method is too long.");
  if (i >= end) return INCOMPLETE;
  if (bytes[i] !== SP || i === start) throw new ProtocolError(BAD_REQUEST_LINE);
  const method = methodOf(bytes, start, i);
  // A gateway opens no tunnels, and TRACE would show a script the credentials that it may not see.
  if (method === "CONNECT" || method === "TRACE") {
    throw new ProtocolError(METHOD_NOT_ALLOWED, `${method} is not allowed here.`);
  }

  const targetStart = ++i;
  while (i < end && TARGET[bytes[i]!] === 1) i++;
  if (i - targetStart > targetBytes) throw new ProtocolError(TARGET_TOO_LONG);
  if (i >= end) return INCOMPLETE;
  if (bytes[i] !== SP || i === targetStart) throw new ProtocolError(BAD_REQUEST_LINE);
  const targetEnd = i++;

  const versionStart = i;
  for (let at = 0; at < VERSION.length; at++, i++) {
    if (i >= end) return INCOMPLETE;
    const byte = bytes[i]!;
    const wanted = VERSION[at]!;
    if (wanted === 0 ? byte < 0x30 || byte > 0x39 : byte !== wanted)
      throw new ProtocolError(BAD_REQUEST_LINE);
  }
  const minor = bytes[versionStart + 7]! - 0x30;
  if (bytes[versionStart + 5] !== 0x31 || minor > 1) throw new ProtocolError(VERSION_NOT_SUPPORTED);

  requestLine.method = method;
  requestLine.targetStart = targetStart;
  requestLine.targetEnd = targetEnd;
  requestLine.minorVersion = minor === 1 ? 1 : 0;
  return i;
}

function methodOf(bytes: Buffer, start: number, end: number): string {
  if (end - start === 3 && bytes[start] === 0x47 && bytes[start + 1] === 0x45 && bytes[start + 2] === 0x54)
    return "GET";
  const method = latin1(bytes, start, end);
  const known = METHODS.get(method);
  if (known !== undefined) return known;
  // Methods are told apart by case (RFC 9110, 9.1), and some services do not: a route for DELETE must not be passed by `delete`.
  const standard = method.toUpperCase();
  if (standard !== method && STANDARD.has(standard))
    throw new ProtocolError(BAD_REQUEST_LINE, `The method is written ${standard}.`);
  return method;
}

/** A target taken apart; `authority` is empty where the target names none. */
export interface SplitTarget {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/** The forms of a target (RFC 9112, 3.2), with the canonical path. Of an absolute target, its authority goes before Host. */
export function splitTarget(method: string, raw: string, encodedSlashes: boolean): SplitTarget {
  if (raw.charCodeAt(0) === 0x2f) {
    const { path, query } = canonicalTarget(raw, encodedSlashes);
    return { authority: "", path, query };
  }
  if (raw === "*") {
    if (method === "OPTIONS") return { authority: "", path: "*", query: "" };
    throw new ProtocolError(BAD_TARGET, "The target * is for OPTIONS alone.");
  }
  const scheme = /^https?:\/\//i.exec(raw);
  if (scheme === null) throw new ProtocolError(BAD_TARGET);
  const afterScheme = raw.slice(scheme[0].length);
  const length = afterScheme.search(/[/?#]/);
  const named = length === -1 ? afterScheme : afterScheme.slice(0, length);
  const authority = canonicalAuthority(named);
  if (authority === undefined) throw new ProtocolError(BAD_TARGET, "The host of the target is malformed.");
  const rest = afterScheme.slice(named.length);
  // RFC 9112, 3.2.4: what a client of a proxy means by OPTIONS and a URL without path.
  if (rest === "" && method === "OPTIONS") return { authority, path: "*", query: "" };
  const { path, query } = canonicalTarget(rest.startsWith("/") ? rest : `/${rest}`, encodedSlashes);
  return { authority, path, query };
}
