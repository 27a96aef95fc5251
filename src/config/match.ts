import { z } from "zod";
import { parsePattern } from "../router/pattern.ts";

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A host of a URL without its port; a `*.` before a name stands for one label. */
const LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
const HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$|^\\[[0-9A-Fa-f:.]+\\]$`);

const method = z
  .string()
  .regex(/^[A-Z]{1,20}$/, "expected a method in capitals, such as GET")
  .refine((method) => method !== "CONNECT" && method !== "TRACE", "CONNECT and TRACE are always refused");

/** One method or several. */
export const methodList = z.union([method, z.array(method).min(1)]).transform((given) => toList(given));

const host = z
  .string()
  .max(253)
  .regex(HOST, "expected a host without a port, such as shop.example.com, *.example.com, 127.0.0.1 or [::1]")
  .transform((host) => host.toLowerCase());

/** One host or several, in lower case. */
export const hostList = z.union([host, z.array(host).min(1)]).transform((given) => toList(given));

const fieldValue = z
  .string()
  // CR, LF and NUL in a value would end the field (response splitting, RFC 9110 section 5.5).
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "a value has no control characters, such as a line break")
  .max(1000);

/** What query parameters must be: a value, or true for any. */
export const queryMatches = z.record(z.string().min(1).max(200), z.union([fieldValue, z.literal(true)]));

/** What header fields must be, their names in lower case. */
export const headerMatches = z
  .record(
    z.string().max(200).regex(TOKEN, "a header's name has no spaces, colons or control characters"),
    z.union([fieldValue, z.literal(true)]),
  )
  .transform((fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value])),
  );

/** A path with `{param}` segments and perhaps a trailing `*`. */
export const pathPattern = text((path) => parsePattern(path).problem);

/** The beginning of paths: a pattern that does not end in `/` or `*`. */
export const prefixPattern = text((prefix) => {
  if (prefix.endsWith("/")) return "a prefix does not end in /: what is below it begins with one";
  if (prefix.endsWith("/*")) return "a prefix does not end in *: its routes do";
  return parsePattern(prefix).problem;
});

function text(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

function toList(given: string | string[]): string[] {
  return typeof given === "string" ? [given] : given;
}
