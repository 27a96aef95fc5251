import type { HeaderName } from "../header-names.ts";
import { HASH_START, hashByte, headerName } from "../header-names.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { RefusalKind } from "../refusal.ts";
import { BAD_HEADER, BAD_RESPONSE, HEAD_TOO_LARGE, TOO_MANY_HEADERS } from "../refusals.ts";
import { COLON, CR, isOws, LF, REQUEST_NAME, TOKEN, VALUE } from "./bytes.ts";
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

/**
 * Finds the field lines of a section (RFC 9112, 5) in one pass over its bytes. Of values only positions are kept; the strings
 * are cut later from one text of the whole head, which costs one call into the engine instead of two for every field.
 */
export class FieldScan {
  /** The fields of the section that was scanned last. */
  count = 0;
  readonly names: HeaderName[] = [];
  /** Start and end of each value. */
  offsets = new Uint32Array(256);

  /** Reads up to and with the empty line; returns the position behind it, or `INCOMPLETE`. */
  scan(bytes: Buffer, start: number, end: number, rules: FieldRules, maxCount: number): number {
    if (maxCount * 2 > this.offsets.length) this.offsets = new Uint32Array(maxCount * 2);
    const { names, offsets } = this;
    const nameBytes = rules.names;
    let count = 0;
    let i = start;
    for (;;) {
      const nameStart = i;
      let hash = HASH_START;
      while (i < end && nameBytes[bytes[i]!] === 1) hash = hashByte(hash, bytes[i++]!);
      if (i >= end) return INCOMPLETE;
      if (bytes[i] !== COLON || i === nameStart) {
        if (bytes[i] !== CR || i !== nameStart) throw badName(rules, bytes[i]!, i === nameStart);
        if (i + 1 >= end) return INCOMPLETE;
        if (bytes[i + 1] !== LF) throw bareCr(rules);
        this.count = count;
        return i + 2;
      }
      const nameEnd = i++;
      while (i < end && isOws(bytes[i]!)) i++;
      const valueStart = i;
      while (i < end && VALUE[bytes[i]!] === 1) i++;
      if (i >= end) return INCOMPLETE;
      if (bytes[i] !== CR) {
        throw new ProtocolError(rules.malformed, "A header value holds a control character.");
      }
      let valueEnd = i;
      while (valueEnd > valueStart && isOws(bytes[valueEnd - 1]!)) valueEnd--;
      if (++i >= end) return INCOMPLETE;
      if (bytes[i++] !== LF) throw bareCr(rules);
      if (count === maxCount) throw new ProtocolError(rules.tooMany);
      names[count] = headerName(bytes, nameStart, nameEnd, hash);
      offsets[count * 2] = valueStart;
      offsets[count * 2 + 1] = valueEnd;
      count++;
    }
  }
}

/** Shared by all parsers: a scan and the use of its positions happen in one synchronous call. */
export const fieldScan = new FieldScan();

function bareCr(rules: FieldRules): ProtocolError {
  return new ProtocolError(rules.malformed, "A line ends with a bare CR.");
}

function badName(rules: FieldRules, byte: number, atStart: boolean): ProtocolError {
  if (isOws(byte)) {
    const detail = atStart
      ? "A header line is folded (RFC 9112, 5.2)."
      : "A header name is followed by a space.";
    return new ProtocolError(rules.malformed, detail);
  }
  return new ProtocolError(
    rules.malformed,
    "A header name is empty or holds a character that is not allowed.",
  );
}
