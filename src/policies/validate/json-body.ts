import { countColons, MAX_DEPTH } from "../../lib/strict-json.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads JSON as `decodeStrictJson` does, with one reading only, for a value that is looked at and then dropped: objects are left as
 * JSON.parse makes them, since to take their prototypes away costs several times as much as to parse. So only members of their
 * own may be asked for. Undefined for what is not JSON in UTF-8, ambiguous, nested too deeply, or poisoned.
 */
export function readJsonBody(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const members = countMembers(value, MAX_DEPTH);
  return members === countColons(text) ? value : undefined;
}

/** The members of all objects in a value; NaN where it must not be passed on. */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth === 0) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) count += countMembers(value[i], depth - 1);
    return count;
  }
  const names = Object.keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const member: unknown = (value as Record<string, unknown>)[name];
    if (name === "__proto__" || (name === "constructor" && hasPrototype(member))) return Number.NaN;
    count += 1 + countMembers(member, depth - 1);
  }
  return count;
}

/**
 * By such a member, and by `__proto__`, a careless copy changes the prototype of all objects in a service written in
 * JavaScript; no schema that leaves other members open keeps them out.
 */
function hasPrototype(member: unknown): boolean {
  return typeof member === "object" && member !== null && Object.hasOwn(member, "prototype");
}
