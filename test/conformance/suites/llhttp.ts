import type { HeaderList } from "../../../src/http/headers.ts";
import { DEFAULT_LIMITS } from "../../../src/http/h1/request-parser.ts";
import { splitTarget } from "../../../src/http/h1/request-line.ts";
import { everyByte, HOP_BY_HOP, readRequests, readResponse } from "../h1/readings.ts";
import type { LlhttpCase, ReadMessage } from "./llhttp-cases.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";

/** What we have read of a case's input, compared as `ReadMessage`. */
interface Ours {
  readonly complete: readonly ReadMessage[];
  readonly refused: string;
  readonly detail: string;
}

/** What llhttp refuses and we take, on purpose: by its reason. */
const KNOWN: readonly (readonly [reason: RegExp, why: string])[] = [
  [/method/i, "any token is a method: which are allowed is for routes and services to say"],
];

/** Compares our codec with what llhttp's own tests say of the same bytes, whole and byte by byte. */
export function compareLlhttp(cases: readonly LlhttpCase[]): CaseOutcome[] {
  return cases.map((theirs) => {
    const input = withHost(theirs);
    const whole = read(theirs, input, []);
    const split = read(theirs, input, everyByte(input));
    const detail = `${shown(input, 600)}\n      theirs: ${theirs.complete.length} complete, ${
      theirs.refused ?? "not refused"
    }\n      ours: ${whole.complete.length} complete, ${whole.refused} ${whole.detail}`;
    if (!sameBySplit(whole, split))
      return { name: theirs.name, verdict: "finding", why: "read otherwise byte by byte", detail };
    return { name: theirs.name, detail, ...judge(theirs, whole, input) };
  });
}

/** Of a head that has not ended, what is wrong may be seen later when it comes in pieces, but nothing is ever completed of it. */
function sameBySplit(whole: Ours, split: Ours): boolean {
  return (
    JSON.stringify(whole.complete) === JSON.stringify(split.complete) &&
    (whole.refused === split.refused || split.refused === "")
  );
}

function judge(theirs: LlhttpCase, ours: Ours, input: string): Pick<CaseOutcome, "verdict" | "why"> {
  const different = ours.complete.findIndex((message, at) => !same(message, theirs.complete[at]));
  if (different !== -1) {
    const known = KNOWN.find(([reason]) => reason.test(theirs.refused ?? ""));
    if (known !== undefined) return { verdict: "known", why: known[1] };
    return { verdict: "finding", why: `message ${different + 1} is read otherwise, or by us alone` };
  }
  if (ours.complete.length < theirs.complete.length || (ours.refused !== "" && theirs.refused === undefined))
    return {
      verdict: "stricter",
      why: ours.refused === "" ? "waits for more" : `${ours.refused}: ${ours.detail}`,
    };
  if (theirs.starts.length > ours.complete.length && ours.complete.length > 0 && ours.refused === "")
    return { verdict: "agrees", why: "nothing is read behind a message that closes" };
  if (theirs.lenience !== "" && theirs.refused === undefined && ours.refused === "")
    return { verdict: "finding", why: `taken without the lenience "${theirs.lenience}"` };
  if (theirs.refused !== undefined && ours.refused === "") return unrefused(theirs, theirs.refused, input);
  return { verdict: "agrees", why: ours.refused === "" ? "taken" : "refused" };
}

/** They say what is wrong with a head before it ends: we may say it when it has. */
function unrefused(theirs: LlhttpCase, reason: string, input: string): Pick<CaseOutcome, "verdict" | "why"> {
  if (/after `Connection: close`/.test(reason))
    return { verdict: "agrees", why: "nothing is read behind a message that closes" };
  if (theirs.finish) return { verdict: "agrees", why: "nothing is completed at the end" };
  const inHead = !input.slice(theirs.starts.at(-1) ?? 0).includes("\r\n\r\n");
  if (inHead && read(theirs, `${input}\r\n\r\n`, []).refused !== "")
    return { verdict: "agrees", why: "refused when the head has ended" };
  return { verdict: "finding", why: `not refused, or not yet: ${reason}` };
}

/** llhttp leaves Host to its user; without one we would refuse all for the same reason. Added where a message begins. */
function withHost({ kind, input, starts }: LlhttpCase): string {
  if (kind === "response") return input;
  let text = input;
  for (const start of starts.toReversed()) {
    const lineEnd = text.indexOf("\r\n", start);
    const headEnd = text.indexOf("\r\n\r\n", start);
    const head = headEnd === -1 ? text.slice(start) : text.slice(start, headEnd);
    if (lineEnd === -1 || text.slice(start, lineEnd).endsWith(" HTTP/1.0") || /^host:/im.test(head)) continue;
    text = `${text.slice(0, lineEnd + 2)}Host: a\r\n${text.slice(lineEnd + 2)}`;
  }
  return text;
}

function read({ kind, finish, skipsBody }: LlhttpCase, input: string, cuts: readonly number[]): Ours {
  if (kind === "request") {
    const { complete, refused, detail } = readRequests(input, cuts);
    return {
      complete: complete.map(({ head, body }) => ({
        method: head.method,
        target: head.path + head.query,
        status: 0,
        fields: pairs(head.headers),
        body,
      })),
      refused,
      detail,
    };
  }
  return readResponses(input, finish, skipsBody ? "HEAD" : "GET", cuts);
}

/** A service's answers are read one after the other while its connection is kept, as if each had been asked for. */
function readResponses(input: string, fin: boolean, method: string, cuts: readonly number[]): Ours {
  const complete: ReadMessage[] = [];
  let rest = input;
  for (;;) {
    const { complete: read, refused, detail, surplus } = readResponse(rest, { method, fin, cuts });
    for (const { head, body } of read)
      complete.push({ method: "", target: "", status: head.status, fields: pairs(head.headers), body });
    if (surplus === "" || refused !== "" || read.length === 0) return { complete, refused, detail };
    rest = surplus;
  }
}

function pairs(headers: HeaderList): [string, string][] {
  return [...headers];
}

function same(ours: ReadMessage, theirs: ReadMessage | undefined): boolean {
  if (theirs === undefined) return false;
  const named = new Set(
    theirs.fields
      .filter(([name]) => name === "connection")
      .flatMap(([, value]) => value.toLowerCase().split(/[ \t]*,[ \t]*/)),
  );
  const fields = theirs.fields.filter(([name]) => !HOP_BY_HOP.has(name) && !named.has(name));
  return (
    ours.method === theirs.method &&
    ours.target === targetOf(theirs) &&
    ours.status === theirs.status &&
    ours.body === theirs.body &&
    JSON.stringify(ours.fields) ===
      JSON.stringify(fields.map(([name, value]) => [name, value.replace(/[ \t]+$/, "")]))
  );
}

function targetOf({ method, target }: ReadMessage): string {
  if (target === "") return "";
  const { path, query } = splitTarget(method, target, DEFAULT_LIMITS.encodedSlashes);
  return path + query;
}
