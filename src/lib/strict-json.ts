/** Nesting that is still read; deeper input is refused, so that walking it cannot exhaust the stack. */
export const MAX_DEPTH = 32;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses JSON that others wrote, with one reading only: a member that occurs twice in an object is refused, since parsers
 * disagree on which of the two counts (RFC 8259, 4). Objects have no prototype, so that `__proto__` and `constructor`
 * are members like any other, and everything is frozen. Undefined for what is not JSON, ambiguous, or nested too deeply.
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const count = { members: 0, tooDeep: false };
  harden(value, MAX_DEPTH, count);
  if (count.tooDeep) return undefined;
  // Outside of strings, a colon stands once for each member: more of them than members means that one was written twice.
  return countColons(text) === count.members ? value : undefined;
}

/** The colons of a JSON text that stand in no string: as many as members were written. */
export function countColons(text: string): number {
  let colons = 0;
  for (let i = 0, inside = false; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) inside = !inside;
    else if (code === 0x3a && !inside) colons++;
    // What is escaped ends no string; outside of them there is no backslash.
    else if (code === 0x5c) i++;
  }
  return colons;
}

/** The same for bytes, which must be UTF-8 (RFC 8259, 8.1). */
export function decodeStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  return parseStrictJson(text);
}

/** True for a JSON object, as opposed to a list, a scalar or nothing. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes the prototypes away and freezes, in place: nobody else has seen the value. */
function harden(value: unknown, depth: number, count: { members: number; tooDeep: boolean }): void {
  if (typeof value !== "object" || value === null) return;
  if (depth === 0) {
    count.tooDeep = true;
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) harden(item, depth - 1, count);
    Object.freeze(value);
    return;
  }
  for (const name of Object.keys(value)) {
    count.members += 1;
    harden((value as Record<string, unknown>)[name], depth - 1, count);
  }
  Object.freeze(Object.setPrototypeOf(value, null));
}
