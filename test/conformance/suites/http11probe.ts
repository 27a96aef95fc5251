import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PayloadReader } from "./csharp.ts";
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

/**
 * The cases of a checkout of Http11Probe (MDA2AV) whose bytes can be read, with the statuses that they take for right;
 * and how many cannot: they are made by a program, or of what was answered before.
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
  if (name === undefined || bytes === undefined) return undefined;
  const statuses = source.startsWith("TestCase") ? readStatuses(source) : [];
  return { name, bytes, ...(statuses.length > 0 ? { expected: { statuses } } : {}) };
}

/** The steps of a sequence are sent at once: however they are cut, they are the bytes of one connection. */
function readPayload(source: string): string | undefined {
  const [, ...factories] = source.split(/\bPayloadFactory\s*=\s*\w+\s*=>/);
  if (factories.length === 0 || /DynamicPayloadFactory/.test(source)) return undefined;
  const payloads = factories.map((factory) =>
    new PayloadReader({ "ctx.HostHeader": "localhost" }).read(factory),
  );
  return payloads.includes(undefined) ? undefined : payloads.join("");
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
    /(?<!!|-|not )[1-5](?:xx|\d\d)/g,
  ))
    statuses.push([Number(digits.replace("xx", "00")), Number(digits.replace("xx", "99"))]);
  if (statuses.length > 0 && (/AllowConnectionClose = true/.test(behaviour) || /close|timeout/.test(words)))
    statuses.push([0, 0]);
  return statuses;
}
