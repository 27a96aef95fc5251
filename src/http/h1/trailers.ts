import { latin1 } from "../../lib/latin1.ts";
import { ROLE_NONE } from "../header-names.ts";
import { HeaderList } from "../headers.ts";
import { ProtocolError } from "../protocol-error.ts";

import type { FieldRules } from "./fields.ts";
import { fieldScan } from "./fields.ts";
import type { SectionReader } from "./section.ts";
import { INCOMPLETE } from "./section.ts";

/**
 * Fields that are dropped from trailers, beside those of framing and of one connection (RFC 9110, 6.5.1): whoever merges
 * trailers into the headers would let them change what has already been decided about credentials, routing or content.
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "expires",
  "forwarded",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "retry-after",
  "set-cookie",
  "vary",
  "via",
  "www-authenticate",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-real-ip",
  "x-request-id",
  "x-rewrite-url",
]);

const FORBIDDEN_PREFIXES: readonly string[] = ["access-control-", "if-", "x-forwarded-"];

/** Reads the trailer section behind the last chunk (RFC 9112, 7.1.2). */
export class TrailerReader implements SectionReader {
  readonly limitBytes: number;
  readonly #rules: FieldRules;
  readonly #maxCount: number;
  #trailers: HeaderList | undefined = undefined;

  constructor(rules: FieldRules, limits: { readonly headBytes: number; readonly headerCount: number }) {
    this.#rules = rules;
    this.limitBytes = limits.headBytes;
    this.#maxCount = limits.headerCount;
  }

  /** What `read` has read and may be passed on; undefined when there is nothing. */
  take(): HeaderList | undefined {
    const trailers = this.#trailers;
    this.#trailers = undefined;
    return trailers;
  }

  read(bytes: Buffer, start: number, end: number): number {
    const tooLarge = end - start >= this.limitBytes;
    const stop = tooLarge ? start + this.limitBytes : end;
    const position = fieldScan.scan(bytes, start, stop, this.#rules, this.#maxCount);
    if (position === INCOMPLETE) {
      if (tooLarge) throw new ProtocolError(this.#rules.tooLarge, "The trailers are too large.");
      return INCOMPLETE;
    }
    if (fieldScan.count > 0) this.#trailers = allowedFields(latin1(bytes, start, position), start);
    return position;
  }
}

function allowedFields(text: string, start: number): HeaderList | undefined {
  const { count, names, offsets } = fieldScan;
  const fields: string[] = [];
  for (let at = 0; at < count; at++) {
    const name = names[at]!;
    if (name.role !== ROLE_NONE || isForbidden(name.lower)) continue;
    fields.push(name.lower, text.substring(offsets[at * 2]! - start, offsets[at * 2 + 1]! - start));
  }
  return fields.length === 0 ? undefined : new HeaderList(fields);
}

function isForbidden(name: string): boolean {
  return FORBIDDEN.has(name) || FORBIDDEN_PREFIXES.some((prefix) => name.startsWith(prefix));
}
