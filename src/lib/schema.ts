import { z } from "zod";
import { readRanges } from "./address-ranges.ts";
import { VARIABLE_NAME } from "./redact.ts";
import { parseDuration, parseSize } from "./units.ts";

/** A duration such as `"30s"`, read as milliseconds. */
export function duration({ min = 1, max = 366 * 86_400_000 }: { min?: number; max?: number } = {}) {
  const expected = 'expected a duration such as "250ms", "30s", "5m", "1h" or "1d"';
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : expected) })
    .regex(/^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$/, expected)
    .transform((text, context) => {
      const ms = parseDuration(text) ?? 0;
      if (ms >= min && ms <= max) return ms;
      context.addIssue({ code: "custom", message: `${text} is out of range: from ${min}ms to ${max}ms` });
      return z.NEVER;
    });
}

/** A size such as `"10mb"`, read as bytes. */
export function size({ min = 1, max = 2 ** 40 }: { min?: number; max?: number } = {}) {
  const expected = 'expected a size such as "512b", "64kb", "10mb" or "1gb"';
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : expected) })
    .regex(/^\d{1,9}(\.\d{1,3})?([bB]|[kKmMgG][bB])$/, expected)
    .transform((text, context) => {
      const bytes = parseSize(text) ?? 0;
      if (bytes >= min && bytes <= max) return bytes;
      context.addIssue({ code: "custom", message: `${text} is out of range: from ${min}b to ${max}b` });
      return z.NEVER;
    });
}

/** A short name that needs no quotes in a header field, a log line or a path. */
export const label = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes or underscores");

const NO_MOMENT = "expected a date such as 2027-01-01, or a time such as 2027-01-01T12:00:00Z";

/** A day, or a moment with its zone, read as milliseconds of the wall clock; a day begins in UTC. */
export const moment = z
  .union([z.iso.date({ error: NO_MOMENT }), z.iso.datetime({ offset: true, error: NO_MOMENT })], {
    error: NO_MOMENT,
  })
  .transform((text) => Date.parse(text));
/** An address, a network such as `10.0.0.0/8`, `loopback` or `private`, read as ranges of addresses. */
export function addressRanges() {
  return z.string().transform((text, context) => {
    const read = readRanges(text);
    if ("ranges" in read) return read.ranges;
    context.addIssue({ code: "custom", message: read.problem, params: { hint: read.hint } });
    return z.NEVER;
  });
}

/** A secret: its text, or the environment variable that holds it, so that it need not stand in a file. */
export function secret() {
  const reference = z.strictObject({
    env: z
      .string()
      .regex(VARIABLE_NAME, "expected the name of an environment variable")
      .describe("The environment variable that holds the secret."),
  });
  return z.union([z.string().min(1), reference]).transform((given, context) => {
    if (typeof given === "string") return given;
    const value = process.env[given.env];
    if (value !== undefined && value !== "") return value;
    context.addIssue({
      code: "custom",
      message: `the environment variable ${given.env} is not set`,
      params: { hint: `start with ${given.env}=... in the environment` },
    });
    return z.NEVER;
  });
}

/** Stands for the value of an environment variable wherever the config takes a secret. */
export function env(name: string): { readonly env: string } {
  return { env: name };
}
