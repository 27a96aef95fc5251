import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readRequests } from "../h1/readings.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";

/** A case of http-desync-guardian: a head, and how suspicious it is. */
export interface GuardianCase {
  readonly name: string;
  readonly uri?: string | null;
  readonly method?: string | null;
  readonly version?: string | null;
  readonly headers?:
    | readonly { readonly name?: string | null; readonly value?: string | number | null }[]
    | null;
  readonly expected: {
    readonly tier: "Compliant" | "Acceptable" | "Ambiguous" | "Severe";
    readonly reason: string;
  };
}

/** What it holds against a request and we do not, on purpose: by its reason. */
const KNOWN: Readonly<Record<string, string>> = {
  UndefinedContentLengthSemantics: "passed on, and the connection to the service is not used again",
  UndefinedTransferEncodingSemantics: "passed on, and the connection to the service is not used again",
  SuspiciousHeader: "a name of its own, which no service is known to take for another",
};

/** All cases of a checkout of http-desync-guardian. */
export function readGuardian(folder: string): GuardianCase[] {
  const tests = join(folder, "tests");
  const files = readdirSync(tests).filter((file) => file.endsWith(".yaml"));
  return files.toSorted().flatMap((file) => readCases(readFileSync(join(tests, file), "utf8")));
}

export function readCases(text: string): GuardianCase[] {
  const cases: GuardianCase[] = parse(text, { uniqueKeys: false });
  return cases;
}

export function compareGuardian(cases: readonly GuardianCase[]): CaseOutcome[] {
  return cases.map((theirs) => {
    const bytes = headOf(theirs);
    const { complete, begun, refused, detail } = readRequests(bytes);
    const { tier, reason } = theirs.expected;
    const outcome = {
      name: `${tier}, ${reason}: ${theirs.name}`,
      detail: `${shown(bytes)} -> ${refused} ${detail}`,
    };
    const suspicious = tier === "Ambiguous" || tier === "Severe";
    if (refused !== "")
      return suspicious
        ? { ...outcome, verdict: "agrees", why: `refused: ${tier}` }
        : { ...outcome, verdict: "stricter", why: `${refused}: ${detail}` };
    if (complete.length === 0 && begun === undefined)
      return { ...outcome, verdict: "finding", why: "neither taken nor refused" };
    if (!suspicious) return { ...outcome, verdict: "agrees", why: `taken: ${tier}` };
    const known = KNOWN[reason];
    return known === undefined
      ? { ...outcome, verdict: "finding", why: `taken, though ${tier}` }
      : { ...outcome, verdict: "known", why: known };
  });
}

/** The lines of a head as they would be on the wire; only Host is added where it lacks. */
function headOf({ uri, method, version, headers }: GuardianCase): string {
  const fields = (headers ?? []).map(({ name, value }) => `${name ?? ""}: ${value ?? ""}\r\n`);
  const host = fields.some((line) => /^host:/i.test(line)) ? "" : "Host: a\r\n";
  const line = [method, uri, version]
    .filter((part) => part !== undefined && part !== null && part !== "")
    .join(" ");
  const text = `${line}\r\n${host}${fields.join("")}\r\n`;
  return /[^\0-\xff]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}
