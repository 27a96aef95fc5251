import { skipBlanks, skipBlanksBack } from "./blanks.ts";
import { nodeAddress, type Hop } from "./walk.ts";

/** What one proxy says of a request (RFC 7239, 4), as far as it matters here. */
export interface ForwardedElement {
  /** Where the element begins: before it is a comma, or nothing. */
  readonly start: number;
  /** Values by their names in lower case; empty when the element is malformed, and then none of it counts. */
  readonly pairs: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PAIR = new RegExp(
  `(${TOKEN})=(?:(${TOKEN})|"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*)")`,
  "y",
);
const SEPARATOR = /[ \t]*(?:;|$)[ \t]*/y;
const MALFORMED: ReadonlyMap<string, string> = new Map();

/** Reads a hop of Forwarded. */
export function readForwardedHop(list: string, end: number, hop: Hop): void {
  const { start, pairs } = lastElement(list, end);
  hop.start = start;
  const node = pairs.get("for") ?? "";
  // An IPv6 address has brackets here: without them, nobody can tell its last group from a port.
  const isBare = node[0] !== "[" && node.indexOf(":") !== node.lastIndexOf(":");
  hop.address = isBare ? "" : nodeAddress(node, 0, node.length);
}

/**
 * The element that ends at `end`. It is found from its end, quoted strings included: read from the left, a client's open
 * quote would swallow what an honest proxy adds behind it.
 */
export function lastElement(list: string, end: number): ForwardedElement {
  let start = end;
  while (start > 0 && list[start - 1] !== ",") {
    start--;
    if (list[start] === '"') {
      start = openingQuote(list, start);
      if (start === -1) return { start: 0, pairs: MALFORMED };
    }
  }
  const from = skipBlanks(list, start, end);
  return { start, pairs: readPairs(list.slice(from, skipBlanksBack(list, from, end))) };
}

/** Where the quoted string that ends with the quote at `close` begins; quotes inside it have a backslash of their own. */
function openingQuote(list: string, close: number): number {
  let quote = close;
  for (;;) {
    quote = quote === 0 ? -1 : list.lastIndexOf('"', quote - 1);
    if (quote === -1) return -1;
    let slashes = quote;
    while (slashes > 0 && list[slashes - 1] === "\\") slashes--;
    if ((quote - slashes) % 2 === 0) return quote;
  }
}

function readPairs(element: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  let at = 0;
  while (at < element.length) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(element);
    if (pair !== null) {
      const name = pair[1]!.toLowerCase();
      // RFC 7239, 4: not twice. Which of the two should count?
      if (pairs.has(name)) return MALFORMED;
      pairs.set(name, pair[2] ?? pair[3]!.replaceAll(/\\(.)/g, "$1"));
      at = PAIR.lastIndex;
    }
    SEPARATOR.lastIndex = at;
    if (!SEPARATOR.test(element)) return MALFORMED;
    at = SEPARATOR.lastIndex;
  }
  return pairs;
}
