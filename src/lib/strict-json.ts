/** Nesting that is still read; deeper input is refused, so that walking it cannot exhaust the stack. */
const MAX_DEPTH = 32;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses JSON that others wrote, with one reading only: a member that occurs twice in an object is refused, since parsers
 * disagree on which of the two counts (RFC 8259, 4). Objects have no prototype, so that `__proto__` and `constructor`
 * are members like any other, and everything is frozen. Undefined for what is not JSON, ambiguous, or nested too deeply.
 */
export function parseStrictJson(text: string): unknown {
  let loose: unknown;
  try {
    loose = JSON.parse(text);
  } catch {
    return undefined;
  }
  const count = { members: 0, tooDeep: false };
  const strict = rebuild(loose, MAX_DEPTH, count);
  if (count.tooDeep) return undefined;
  // Outside of strings, a colon stands once for each member: more of them than members means that one was written twice.
  return countColons(text) === count.members ? strict : undefined;
}

/** The colons of a JSON text that stand in no string. */
function countColons(text: string): number {
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

function rebuild(value: unknown, depth: number, count: { members: number; tooDeep: boolean }): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) {
    count.tooDeep = true;
    return undefined;
  }
  if (Array.isArray(value))
    return Object.freeze(value.map((item: unknown) => rebuild(item, depth - 1, count)));
  const object = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of Object.entries(value)) {
    count.members += 1;
    object[name] = rebuild(member, depth - 1, count);
  }
  return Object.freeze(object);
}
