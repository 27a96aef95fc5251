/**
 * Writes a claim's value as the value of a header, as one character a byte of UTF-8; undefined for what has no faithful
 * form. Two values must never look the same to a service, for that would make two callers one:
 *
 * - text with control characters (CR and LF would end the field), or with blanks at its ends, which receivers strip;
 * - text with half a surrogate pair, which UTF-8 cannot write;
 * - numbers beyond 2^53, which have been rounded when they were parsed;
 * - lists whose items hold commas; other lists are joined with commas;
 * - objects.
 */
export function headerText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return scalarText(value);
  const items: string[] = [];
  for (const item of value) {
    const text = scalarText(item);
    if (text === undefined || text === "" || text.includes(",")) return undefined;
    items.push(text);
  }
  return items.join(",");
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number")
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
  if (typeof value !== "string") return undefined;
  if (/^[\x21-\x7e]*$/.test(value)) return value;
  if (/\p{Cc}/u.test(value) || value.trim() !== value || !value.isWellFormed()) return undefined;
  return Buffer.from(value, "utf8").toString("latin1");
}
