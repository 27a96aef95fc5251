import { ProtocolError } from "../protocol-error.ts";
import type { RefusalKind } from "../refusal.ts";
import { BAD_HEADER, BAD_RESPONSE, HEAD_TOO_LARGE, TOO_MANY_HEADERS } from "../refusals.ts";
import { COLON, CR, HTAB, LF, REQUEST_NAME, SP, TOKEN, VALUE } from "./bytes.ts";
import { INCOMPLETE } from "./section.ts";

/** How the fields of one direction are read, and what their violations are called. */
export interface FieldRules {
  /** 1 for the bytes of a field name. */
  readonly names: Uint8Array;
  readonly malformed: RefusalKind;
  readonly tooLarge: RefusalKind;
  readonly tooMany: RefusalKind;
}

export const REQUEST_FIELDS: FieldRules = {
  names: REQUEST_NAME,
  malformed: BAD_HEADER,
  tooLarge: HEAD_TOO_LARGE,
  tooMany: TOO_MANY_HEADERS,
};

export const RESPONSE_FIELDS: FieldRules = {
  names: TOKEN,
  malformed: BAD_RESPONSE,
  tooLarge: BAD_RESPONSE,
  tooMany: BAD_RESPONSE,
};

/** Numbers per field in `FieldScan.offsets`: start and end of the name, start and end of the value. */
export const OFFSETS_PER_FIELD = 4;

/**
 * Finds the field lines of a section (RFC 9112, 5) in one pass over its bytes. Only positions are kept; the strings are
 * cut later from one text of the whole head, which costs one call into the engine instead of two for every field.
 */
export class FieldScan {
  /** Positions of the section that was scanned last, below `count * OFFSETS_PER_FIELD`. */
  offsets = new Uint32Array(128 * OFFSETS_PER_FIELD);
  count = 0;

  /** Reads up to and with the empty line; returns the position behind it, or `INCOMPLETE`. */
  scan(bytes: Buffer, start: number, end: number, rules: FieldRules, maxCount: number): number {
    if (maxCount * OFFSETS_PER_FIELD > this.offsets.length)
      this.offsets = new Uint32Array(maxCount * OFFSETS_PER_FIELD);
    const { offsets } = this;
    const { names } = rules;
    let count = 0;
    let i = start;
    for (;;) {
      const nameStart = i;
      while (i < end && names[bytes[i]!] === 1) i++;
      if (i >= end) return INCOMPLETE;
      if (bytes[i] !== COLON || i === nameStart) {
        if (bytes[i] !== CR || i !== nameStart) throw badName(rules, bytes[i]!, i === nameStart);
        if (i + 1 >= end) return INCOMPLETE;
        if (bytes[i + 1] !== LF) throw new ProtocolError(rules.malformed, "A line ends with a bare CR.");
        this.count = count;
        return i + 2;
      }
      const nameEnd = i++;
      while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
      const valueStart = i;
      while (i < end && VALUE[bytes[i]!] === 1) i++;
      if (i >= end) return INCOMPLETE;
      if (bytes[i] !== CR)
        throw new ProtocolError(rules.malformed, "A header value holds a control character.");
      let valueEnd = i;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB))
        valueEnd--;
      if (++i >= end) return INCOMPLETE;
      if (bytes[i++] !== LF) throw new ProtocolError(rules.malformed, "A line ends with a bare CR.");
      if (count === maxCount) throw new ProtocolError(rules.tooMany);
      const at = count++ * OFFSETS_PER_FIELD;
      offsets[at] = nameStart;
      offsets[at + 1] = nameEnd;
      offsets[at + 2] = valueStart;
      offsets[at + 3] = valueEnd;
    }
  }
}

/** Shared by all parsers: a scan and the use of its positions happen in one synchronous call. */
export const fieldScan = new FieldScan();

function badName(rules: FieldRules, byte: number, atStart: boolean): ProtocolError {
  if (atStart && (byte === SP || byte === HTAB)) {
    return new ProtocolError(rules.malformed, "A header line is folded (RFC 9112, 5.2).");
  }
  if (byte === SP || byte === HTAB)
    return new ProtocolError(rules.malformed, "A header name is followed by a space.");
  return new ProtocolError(
    rules.malformed,
    "A header name is empty or holds a character that is not allowed.",
  );
}
