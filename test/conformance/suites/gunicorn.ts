import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestHead } from "../../../src/http/head.ts";
import { splitTarget } from "../../../src/http/h1/request-line.ts";
import { everyByte, readRequests } from "../h1/readings.ts";
import { unescapeLiteral } from "./escapes.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";

/** A case of gunicorn's tests of its parser. */
export interface GunicornCase {
  readonly name: string;
  readonly input: string;
  /** The name of the error, when it is refused. */
  readonly refusal: string;
  /** The requests of the input; undefined when it is refused. Of a body that is computed, nothing is known. */
  readonly requests: readonly { method: string; target: string; body: string | undefined }[] | undefined;
}

const FOLDERS = ["valid", "invalid"] as const;

/** The cases of `tests/requests` in a checkout of gunicorn, and how many are left out because they want settings of gunicorn's. */
export function readGunicorn(folder: string): { cases: GunicornCase[]; withSettings: number } {
  const cases: GunicornCase[] = [];
  let withSettings = 0;
  for (const kind of FOLDERS) {
    const place = join(folder, "tests", "requests", kind);
    for (const file of readdirSync(place)
      .filter((name) => name.endsWith(".http"))
      .toSorted()) {
      const expected = readFileSync(join(place, file.replace(/http$/, "py")), "utf8");
      if (expected.includes("cfg.set")) withSettings++;
      else cases.push(readCase(`${kind}/${file}`, readFileSync(join(place, file), "latin1"), expected));
    }
  }
  return { cases, withSettings };
}

/** `source` has its line ends, and all else that does not show, as escapes. */
export function readCase(name: string, source: string, expected: string): GunicornCase {
  const input = withHost(unescapeLiteral(source.replaceAll("\n", "")));
  const refusal = /^request = (\w+)/m.exec(expected)?.[1] ?? "";
  if (!expected.includes('"method":')) return { name, input, refusal, requests: undefined };
  const requests = expected
    .split(/(?="method":)/)
    .slice(1)
    .map((text) => ({
      method: /"method": "([^"]*)"/.exec(text)?.[1] ?? "",
      target: unescapeLiteral(/uri\((["'])((?:(?!\1)[^\\]|\\.)*)\1\)/.exec(text)?.[2] ?? ""),
      body: readBody(text),
    }));
  return { name, input, refusal, requests };
}

function readBody(text: string): string | undefined {
  const literals = /"body": ((?:b?"(?:[^"\\]|\\.)*"\s*)+)[,}]/.exec(`${text}}`)?.[1];
  if (literals === undefined) return undefined;
  return [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map(([, literal]) => unescapeLiteral(literal!))
    .join("");
}

/** What gunicorn refuses and we take, on purpose: by the name of its error and of the case. */
const KNOWN: readonly (readonly [refusal: RegExp, why: string])[] = [
  [/^Limit/, "its limits are smaller"],
  [/^InvalidRequestMethod/, "any token is a method: which are allowed is for routes and services to say"],
  [/trailer_forbidden/, "framing and routing in trailers are dropped"],
];

/** gunicorn leaves Host to applications; without one we would refuse all for the same reason. Bodies are counted: left alone. */
function withHost(input: string): string {
  const heads = /content-length: *[1-9]/i.test(input) ? /^/ : /^|\r\n(?=\S+ \S+ HTTP)/g;
  return input.replace(
    new RegExp(`(${heads.source})(\\S+ [^ \\r\\n]+ HTTP/1\\.1\\r\\n)((?:[^\\r\\n]+\\r\\n)*)`, heads.flags),
    (all, before: string, line: string, fields: string) =>
      /^host:/im.test(fields) ? all : `${before}${line}Host: a\r\n${fields}`,
  );
}

export function compareGunicorn(cases: readonly GunicornCase[]): CaseOutcome[] {
  return cases.map((theirs) => {
    const { name, input } = theirs;
    const ours = readRequests(input);
    const detail = `${shown(input, 600)} -> ${ours.complete.length} complete, ${ours.refused} ${ours.detail}`;
    if (readRequests(input, everyByte(input)).complete.length !== ours.complete.length)
      return { name, verdict: "finding", why: "read otherwise byte by byte", detail };
    return {
      name,
      detail,
      ...(theirs.requests === undefined ? judgeInvalid(theirs, ours) : judgeValid(theirs.requests, ours)),
    };
  });
}

type Ours = ReturnType<typeof readRequests>;
type Verdict = Pick<CaseOutcome, "verdict" | "why">;

function judgeInvalid({ name, refusal }: GunicornCase, { complete, refused }: Ours): Verdict {
  if (refused !== "") return { verdict: "agrees", why: "refused" };
  if (complete.length === 0) return { verdict: "agrees", why: "nothing is completed" };
  const known = KNOWN.find(([pattern]) => pattern.test(refusal) || pattern.test(name));
  return known === undefined
    ? { verdict: "finding", why: "not refused" }
    : { verdict: "known", why: known[1] };
}

function judgeValid(
  requests: NonNullable<GunicornCase["requests"]>,
  { complete, refused, detail }: Ours,
): Verdict {
  const other = complete.findIndex(({ head, body }, at) => {
    const theirs = requests[at];
    return theirs === undefined || !isSame(head, body, theirs);
  });
  if (other !== -1) return { verdict: "finding", why: `request ${other + 1} is read otherwise` };
  if (refused !== "") return { verdict: "stricter", why: `${refused}: ${detail}` };
  if (complete.length < requests.length) return { verdict: "stricter", why: "waits for more" };
  return { verdict: "agrees", why: "taken" };
}

function isSame(
  head: RequestHead,
  body: string,
  theirs: NonNullable<GunicornCase["requests"]>[number],
): boolean {
  const { path, query } = splitTarget(theirs.method, theirs.target, false);
  return (
    head.method === theirs.method &&
    head.path === path &&
    head.query === query &&
    body === (theirs.body ?? body)
  );
}
