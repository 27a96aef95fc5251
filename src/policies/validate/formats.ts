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
