import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readRequests, readResponse } from "../h1/readings.ts";
import { unescapeLiteral } from "./escapes.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";

/** A case of picohttpparser's tests. */
export interface PicoCase {
  readonly name: string;
  readonly kind: "request" | "response" | "chunks";
  readonly input: string;
  /** `complete`, `refused`, or `partial`: nothing is wrong, and more is needed. */
  readonly expected: "complete" | "refused" | "partial";
}

const FUNCTION = /^static void test_(\w+)\(/gm;
const PARSE = /\bPARSE\("((?:[^"\\]|\\.)*)",[\s\S]*?,\s*(-?\d+),\s*"([^"]*)"\)/g;
const CHUNKS =
  /(?:runners\[i\]\(__LINE__, 1, "((?:[^"\\]|\\.)*)",\s*"[^"]*"|test_chunked_failure\(__LINE__, "((?:[^"\\]|\\.)*)"),\s*(-?\d+)\)/g;

/** The cases of `test.c` in a checkout of picohttpparser: heads, and chunked bodies that are read with their trailers. */
export function readPico(folder: string): PicoCase[] {
  return readCases(readFileSync(join(folder, "test.c"), "utf8"));
}

export function readCases(text: string): PicoCase[] {
  const starts = [...text.matchAll(FUNCTION)];
  return starts.flatMap((start, index) => {
    const source = text.slice(start.index, starts[index + 1]?.index);
    const kind = start[1];
    if (kind === "request" || kind === "response")
      return [...source.matchAll(PARSE)].map(([, input, code, comment]): PicoCase => ({
        name: `${kind}: ${comment}`,
        kind,
        input: unescapeLiteral(input!),
        expected: expectedOf(Number(code)),
      }));
    return [...source.matchAll(CHUNKS)].map(([, trailed, failing, code]): PicoCase => {
      const input = unescapeLiteral((trailed ?? failing)!);
      return {
        name: `chunks: ${shown(input, 60)}`,
        kind: "chunks",
        input,
        expected: expectedOf(Number(code)),
      };
    });
  });
}

function expectedOf(code: number): PicoCase["expected"] {
  if (code === -1) return "refused";
  return code === -2 ? "partial" : "complete";
}

export function comparePico(cases: readonly PicoCase[]): CaseOutcome[] {
  return cases.map(({ name, kind, input, expected }) => {
    const { got, detail } = read(kind, input);
    if (got === expected) return { name, verdict: "agrees", why: got };
    return {
      name,
      verdict: got === "refused" ? "stricter" : "finding",
      why: got === "refused" ? detail : `${got} instead of ${expected}`,
      detail: shown(input),
    };
  });
}

function read(kind: PicoCase["kind"], input: string): { got: PicoCase["expected"]; detail: string } {
  const readings =
    kind === "response"
      ? readResponse(input, { fin: input.endsWith("\r\n\r\n") })
      : readRequests(withHead(kind, input));
  if (readings.refused !== "") return { got: "refused", detail: readings.detail };
  return { got: readings.complete.length > 0 ? "complete" : "partial", detail: "" };
}

/** The parser knows no Host, and its decoder of chunks no head. */
function withHead(kind: PicoCase["kind"], input: string): string {
  if (kind === "chunks") return `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${input}`;
  return /HTTP\/1\.1\r\n/.test(input) && !/^host:/im.test(input)
    ? input.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nHost: a\r\n")
    : input;
}
