import { z } from "zod";
import { fieldName, fieldValue } from "../http/field-schema.ts";
import { isEndToEnd } from "../http/header-names.ts";
import { parsePattern } from "../router/pattern.ts";

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

/** What query parameters must be: a value, or true for any. They are compared decoded, so any text can be meant. */
export const queryMatches = z.record(
  z.string().min(1).max(200),
  z.union([z.string().max(1000), z.literal(true)]),
);

const matchedName = fieldName.refine((name) => isEndToEnd(name.toLowerCase()), {
  error: "this field belongs to the connection or to framing: no route can ask for it",
});

/** What header fields must be, their names in lower case. */
export const headerMatches = z
  .record(matchedName, z.union([fieldValue, z.literal(true)]))
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
