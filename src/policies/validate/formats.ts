import type { Format } from "ajv";
import { takeSteps } from "./steps.ts";

/** Formats whose checks are linear in the text; `regex` would have a client's text compiled. */
export const FORMATS = [
  "date",
  "time",
  "date-time",
  "duration",
  "uri",
  "uri-reference",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uuid",
  "json-pointer",
  "relative-json-pointer",
  "int32",
  "int64",
] as const;

/** Those of any length. */
const LONG: ReadonlySet<string> = new Set([
  "uri",
  "uri-reference",
  "json-pointer",
  "relative-json-pointer",
] satisfies (typeof FORMATS)[number][]);
/** More than any text of the others has. */
const MOST_CHARACTERS = 1000;
/** Steps of a check, beside those of each character. */
const CHECK = 10;

/** A format whose checks are counted, and do not look at texts that cannot be of it. */
export function countedFormat(name: (typeof FORMATS)[number], format: Format): Format {
  if (name === "int64") return { type: "number", validate: isInt64 };
  const check = checkOf(format);
  if (check === undefined) return format;
  const most = LONG.has(name) ? Infinity : MOST_CHARACTERS;
  return (text) => {
    if (text.length > most) return false;
    takeSteps(CHECK + text.length);
    return check(text);
  };
}

/** The library's takes any integer. The largest of 64 bits and the next one are the same number here. */
function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 63;
}

/** Undefined for a format of numbers. */
function checkOf(format: Format): ((text: string) => boolean) | undefined {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === "function") return format;
  if (typeof format !== "object" || format.type === "number" || format.async === true) return undefined;
  return checkOf(format.validate as Format);
}
