import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeLiteral } from "./escapes.ts";
import type { CaseOutcome } from "./outcome.ts";
import type { Payload } from "./payloads.ts";

/** Cases whose answer is not the gateway's to give. */
const KNOWN: Readonly<Record<string, string>> = {
  "COMP-UNKNOWN-METHOD": "any token is a method: which are allowed is for routes and services to say",
  "COMP-405-ALLOW": "whether DELETE is allowed is the service's to say",
  "COMP-UPGRADE-INVALID-VER": "Upgrade is not read where no route allows it, and never passed on",
  "COMP-NO-CL-IN-204": "what OPTIONS is answered with is the service's to say",
};

export function withKnown(outcomes: readonly CaseOutcome[]): CaseOutcome[] {
  return outcomes.map((outcome) => {
    const why = KNOWN[outcome.name];
    const isStatusAlone = /^answered \d+$/.test(outcome.why ?? "");
    return why !== undefined && isStatusAlone ? { ...outcome, verdict: "known", why } : outcome;
  });
}

/** `$"..."` or `"..."` of C#. */
const LITERAL = /^\s*\$?"((?:[^"\\]|\\.)*)"/;

/**
 * The cases of a checkout of Http11Probe (MDA2AV) whose payload is written out as one text, with the statuses that they take for
 * right; and how many are not, since their bytes are made by code.
 */
export function readHttp11Probe(folder: string): { payloads: Payload[]; unread: number } {
  const suites = join(folder, "src", "Http11Probe", "TestCases", "Suites");
  const payloads: Payload[] = [];
  let unread = 0;
  for (const file of readdirSync(suites).toSorted()) {
    for (const source of readFileSync(join(suites, file), "utf8")
      .split(/\bnew (?=(?:Sequence)?TestCase\s*\{)/)
      .slice(1)) {
      const payload = readCase(source);
      if (payload === undefined) unread++;
      else payloads.push(payload);
    }
  }
  return { payloads, unread };
}

export function readCase(source: string): Payload | undefined {
  const name = /\bId = "([^"]+)"/.exec(source)?.[1];
  const bytes = readPayload(source);
  if (name === undefined || bytes === undefined || !source.startsWith("TestCase")) return undefined;
  const statuses = readStatuses(source);
  return { name, bytes, ...(statuses.length > 0 ? { expected: { statuses } } : {}) };
}

function readPayload(source: string): string | undefined {
  const call = /PayloadFactory\s*=\s*\w+\s*=>\s*MakeRequest\(/.exec(source);
  if (call === null) return undefined;
  let rest = source.slice(call.index + call[0].length);
  let bytes = "";
  for (;;) {
    const literal = LITERAL.exec(rest);
    if (literal === null) return undefined;
    bytes += unescapeLiteral(literal[1]!.replaceAll("{ctx.HostHeader}", "localhost"));
    rest = rest.slice(literal[0].length).trimStart();
    if (rest.startsWith(")")) break;
    if (!rest.startsWith("+")) return undefined;
    rest = rest.slice(1);
  }
  // What is left in braces is computed.
  return /\{[A-Za-z(]/.test(bytes) ? undefined : bytes;
}

/** From a range in the code, else from the words of the description: `400/501 or 2xx+close`. A close without an answer is 0. */
function readStatuses(source: string): (readonly [number, number])[] {
  const behaviour = source.slice(source.search(/Expected\s*=\s*new ExpectedBehavior/));
  const range = /ExpectedStatus = StatusCodeRange\.(?:Exact\((\d+)\)|Range\((\d+), (\d+)\)|Range(\w+))/.exec(
    behaviour,
  );
  const words = /Description = "([^"]*)"/.exec(behaviour)?.[1] ?? "";
  const statuses: (readonly [number, number])[] = [];
  if (range?.[1] !== undefined) statuses.push([Number(range[1]), Number(range[1])]);
  if (range?.[2] !== undefined) statuses.push([Number(range[2]), Number(range[3])]);
  for (const [digits] of `${range?.[4] ?? ""} ${range === null ? words : ""}`.matchAll(
    /(?<![!-])[1-5](?:xx|\d\d)/g,
  ))
    statuses.push([Number(digits.replace("xx", "00")), Number(digits.replace("xx", "99"))]);
  if (statuses.length > 0 && (/AllowConnectionClose = true/.test(behaviour) || /close|timeout/.test(words)))
    statuses.push([0, 0]);
  return statuses;
}
