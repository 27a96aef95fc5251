/** What claims may be, for every policy that takes them from somebody else. */

/** The end of the year 9999, in seconds; later dates are milliseconds by mistake, and a token that never expires. */
const LAST_NUMERIC_DATE = 253_402_300_799;

export function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LAST_NUMERIC_DATE;
}

export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** `scope` as RFC 8693 has it, or the list that some issuers write; undefined for anything else. */
export function readScopes(given: unknown): readonly string[] | undefined {
  if (given === undefined || given === null) return [];
  if (typeof given === "string") return Object.freeze(given.split(" ").filter((scope) => scope !== ""));
  return isStringList(given) ? given : undefined;
}
