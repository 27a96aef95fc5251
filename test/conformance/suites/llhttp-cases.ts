import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeLiteral } from "./escapes.ts";

/** A message as a parser's events have it. */
export interface ReadMessage {
  /** Of requests. */
  readonly method: string;
  readonly target: string;
  /** Of responses; 0 for requests. */
  status: number;
  /** Names in lower case. */
  readonly fields: (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A case of llhttp's tests, with what its log has. */
export interface LlhttpCase {
  readonly name: string;
  readonly kind: "request" | "response";
  /** What the parser was allowed beyond the protocol, empty for nothing. */
  readonly lenience: string;
  /** The parser was told that the connection ended. */
  readonly finish: boolean;
  /** The parser was told that there is no body, as in an answer to HEAD. */
  readonly skipsBody: boolean;
  /** As latin1. */
  readonly input: string;
  /** Where its messages begin. */
  readonly starts: readonly number[];
  readonly complete: readonly ReadMessage[];
  /** Why it was refused, undefined when it was not. */
  readonly refused: string | undefined;
}

const CASE = /<!--\s*meta=(\{.*?\})\s*-->\s*```http\n([\s\S]*?)```\n[\s\S]*?```log\n([\s\S]*?)```/g;
/** What a test's callbacks ask for, and switching protocols: the parser stops, and nothing is wrong. */
const PAUSES = new Set([21, 22, 23]);

/** All cases of `test/request` and `test/response` in a checkout of llhttp. */
export function readLlhttp(folder: string): LlhttpCase[] {
  return ["request", "response"].flatMap((kind) =>
    readdirSync(join(folder, "test", kind))
      .filter((file) => file.endsWith(".md"))
      .toSorted()
      .flatMap((file) =>
        readCases(`${kind}/${file}`, readFileSync(join(folder, "test", kind, file), "utf8")),
      ),
  );
}

export function readCases(file: string, text: string): LlhttpCase[] {
  return [...text.matchAll(CASE)].map((match) => {
    const [, meta = "", source = "", log = ""] = match;
    const heading = [...text.slice(0, match.index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? "";
    const { type, skipBody = false }: { type: string; skipBody?: boolean } = JSON.parse(meta);
    const [, kind = "", finish, lenience = ""] = /^(request|response)(-finish)?(?:-lenient-(.*))?$/.exec(
      type,
    )!;
    const input = readInput(source);
    return {
      name: `${file}: ${heading}`,
      kind: kind === "request" ? "request" : "response",
      lenience,
      finish: finish !== undefined,
      skipsBody: skipBody,
      input,
      ...readLog(log, input),
    };
  });
}

/** Lines of the source end with CR LF unless a backslash stands before their end; escapes stand for bytes. */
function readInput(source: string): string {
  const lines = source
    .replace(/\n$/, "")
    .replace(/\\\n/g, "")
    .replace(/\n/g, "\r\n")
    .replace(/\$\{'([^']*)'\.repeat\((\d+)\)\}/g, (_all, text: string, times: string) =>
      text.repeat(Number(times)),
    );
  const text = lines.replace(/\\(?:[rntf]|x[0-9a-fA-F]{2}|[0-7]{1,3})/g, (escape) => unescapeLiteral(escape));
  return Buffer.from(text, "utf8").toString("latin1");
}

interface Open {
  method: string;
  target: string;
  status: number;
  fields: (readonly [string, string])[];
  body: string;
  name: string;
  value: string;
  inTrailers: boolean;
}

function readLog(log: string, input: string): Pick<LlhttpCase, "starts" | "complete" | "refused"> {
  const starts: number[] = [];
  const complete: ReadMessage[] = [];
  let refused: string | undefined;
  let open = emptyMessage();
  for (const line of log.split("\n")) {
    const [, offset = "", event = ""] = /^off=(\w+) (.*)$/.exec(line) ?? [];
    const span = /^len=(\d+) span\[(\w+)\]/.exec(event);
    if (span !== null) addSpan(open, span[2]!, input.substr(Number(offset), Number(span[1])));
    else if (event === "message begin") {
      starts.push(Number(offset));
      open = emptyMessage();
    } else if (event === "header_value complete") {
      if (!open.inTrailers) open.fields.push([open.name.toLowerCase(), open.value]);
      open.name = open.value = "";
    } else if (event.startsWith("headers complete")) {
      open.inTrailers = true;
      open.status = Number(/status=(\d+)/.exec(event)?.[1] ?? 0);
    } else if (event === "message complete") {
      // Of interim responses we only tell what belongs to the final one.
      if (open.status < 100 || open.status >= 200 || open.status === 101) complete.push(open);
    } else if (event.startsWith("error code=") && !PAUSES.has(Number(/code=(\d+)/.exec(event)?.[1])))
      refused = /reason="(.*)"/.exec(event)?.[1] ?? event;
    // 1: it may end here, and that ends the message.
    else if (event === "finish=1") complete.push(open);
    else if (event === "finish=2") refused = "the connection ended too soon";
  }
  return { starts, complete, refused };
}

function addSpan(open: Open, what: string, bytes: string): void {
  if (what === "method") open.method += bytes;
  else if (what === "url") open.target += bytes;
  else if (what === "header_field") open.name += bytes;
  else if (what === "header_value") open.value += bytes;
  else if (what === "body") open.body += bytes;
}

function emptyMessage(): Open {
  return { method: "", target: "", status: 0, fields: [], body: "", name: "", value: "", inTrailers: false };
}
