import { TOKEN } from "../h1/bytes.ts";
import { skipBlanks } from "./blanks.ts";
import { nodeAddress, type Hop } from "./walk.ts";

/** What one proxy says of a request (RFC 7239, 4), as far as it matters here; all of it empty when it is malformed. */
export interface ForwardedElement {
  /** Where the element begins: before it is a comma, or nothing. */
  start: number;
  for: string;
  proto: string;
  host: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Used again for each hop: nothing keeps it. */
const element: ForwardedElement = { start: 0, for: "", proto: "", host: "" };

/** Reads a hop of Forwarded. */
export function readForwardedHop(list: string, end: number, hop: Hop): void {
  const { start, for: node } = lastElement(list, end);
  hop.start = start;
  // An IPv6 address has brackets here: without them, nobody can tell its last group from a port.
  const isBare = node[0] !== "[" && node.indexOf(":") !== node.lastIndexOf(":");
  hop.address = isBare ? "" : nodeAddress(node, 0, node.length);
}

/**
 * The element that ends at `end`, until the next call. It is found from its end, quoted strings included: read from the left, a
 * client's open quote would swallow what an honest proxy adds behind it.
 */
export function lastElement(list: string, end: number): Readonly<ForwardedElement> {
  let start = end;
  while (start > 0 && list.charCodeAt(start - 1) !== COMMA) {
    start--;
    if (list.charCodeAt(start) === QUOTE) {
      start = openingQuote(list, start);
      if (start === -1) break;
    }
  }
  element.start = Math.max(start, 0);
  clear();
  if (start === -1 || !readPairs(list, start, end)) clear();
  return element;
}

/** Where the quoted string that ends with the quote at `close` begins; quotes inside it have a backslash of their own. */
function openingQuote(list: string, close: number): number {
  let quote = close;
  for (;;) {
    quote = quote === 0 ? -1 : list.lastIndexOf('"', quote - 1);
    if (quote === -1) return -1;
    let slashes = quote;
    while (slashes > 0 && list.charCodeAt(slashes - 1) === BACKSLASH) slashes--;
    if ((quote - slashes) % 2 === 0) return quote;
  }
}

function clear(): void {
  element.for = "";
  element.proto = "";
  element.host = "";
}

/** Reads the parameters of an element; false when it is malformed. */
function readPairs(list: string, start: number, end: number): boolean {
  let at = skipBlanks(list, start, end);
  while (at < end) {
    const nameStart = at;
    at = skipToken(list, at, end);
    if (at > nameStart) {
      if (at === end || list.charCodeAt(at) !== EQUALS) return false;
      const valueStart = at + 1;
      const isQuoted = valueStart < end && list.charCodeAt(valueStart) === QUOTE;
      at = isQuoted ? skipQuoted(list, valueStart, end) : skipToken(list, valueStart, end);
      if (at <= valueStart) return false;
      const value = isQuoted ? unquote(list.slice(valueStart + 1, at - 1)) : list.slice(valueStart, at);
      if (!take(list.slice(nameStart, valueStart - 1).toLowerCase(), value)) return false;
    }
    at = skipBlanks(list, at, end);
    if (at < end && list.charCodeAt(at++) !== SEMICOLON) return false;
    at = skipBlanks(list, at, end);
  }
  return true;
}

/** RFC 7239, 4: no parameter twice: which of the two should count? None of these is empty, either. */
function take(name: string, value: string): boolean {
  if (name !== "for" && name !== "proto" && name !== "host") return true;
  if (element[name] !== "" || value === "") return false;
  element[name] = value;
  return true;
}

function skipToken(list: string, start: number, end: number): number {
  let at = start;
  while (at < end && TOKEN[list.charCodeAt(at)] === 1) at++;
  return at;
}

/** The position behind the quoted string that begins at `start`; -1 when it does not end. Its bytes are those of any field's value. */
function skipQuoted(list: string, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const code = list.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

function unquote(text: string): string {
  return text.includes("\\") ? text.replaceAll(/\\(.)/g, "$1") : text;
}
