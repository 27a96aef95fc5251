import * as fc from "fast-check";
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from "./request-cases.ts";

/** What attacks are made of. */
const FRAGMENTS = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "0",
  "5",
  "a",
  "\x0b",
  "\x7f",
  "\x80",
  "\xff",
  "_",
  "%",
  "%2f",
  "..",
  "//",
  "?",
  "#",
  "\\",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip\r\n",
  "Host: b\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "Expect: 100-continue\r\n",
  "X: y\r\n",
  "chunked",
  "HTTP/1.0",
  "HTTP/1.1",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 3 }),
  insert: fc.oneof(
    fc.constantFrom(...FRAGMENTS),
    fc.constant(""),
    fc.nat(255).map((byte) => String.fromCharCode(byte)),
  ),
});

/** A message of the tables with a few edits, and perhaps another one behind it: near enough to valid to be accepted often. */
export function mutated(accepted: readonly string[], refused: readonly string[]): fc.Arbitrary<string> {
  const known = fc.oneof(
    { arbitrary: fc.constantFrom(...accepted), weight: 4 },
    { arbitrary: fc.constantFrom(...refused), weight: 1 },
  );
  return fc
    .tuple(known, fc.oneof(fc.constant(""), known), fc.array(edit, { maxLength: 3 }))
    .map(([first, second, edits]) => {
      let bytes = first + second;
      for (const { at, remove, insert } of edits) {
        const from = Math.floor(at * bytes.length);
        bytes = bytes.slice(0, from) + insert + bytes.slice(from + remove);
      }
      return bytes;
    });
}

export const mutatedRequests = mutated(
  ACCEPTED_REQUESTS.map(({ bytes }) => bytes),
  Object.values(REFUSED_REQUESTS).flatMap((cases) => cases.map(([, bytes]) => bytes)),
);
