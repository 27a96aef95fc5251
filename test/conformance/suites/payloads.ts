import { HOP_BY_HOP } from "../h1/readings.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";
import type { Exchanged } from "./stage.ts";
import type { StrictRequest } from "../strict-reading.ts";
import { readStrictly } from "../strict-reading.ts";

/** Bytes that are meant to be read in two ways, as latin1. */
export interface Payload {
  readonly name: string;
  readonly bytes: string;
  /** What the suite itself takes for right; `undefined` where it only wants the payload told apart. */
  readonly expected?: { readonly statuses: readonly (readonly [from: number, to: number])[] };
}

/** A payload whose author writes characters: they may be meant as UTF-8, and beyond ASCII as well as single bytes. */
export function inBothEncodings(name: string, text: string): Payload[] {
  const encoded = Buffer.from(text, "utf8").toString("latin1");
  if (encoded === text) return [{ name, bytes: text }];
  return [
    { name, bytes: encoded },
    { name: `${name} as bytes`, bytes: text },
  ];
}

/** Where payloads are sent. */
export interface Sender {
  /** A server stands between the gateway and the service: it may drop a field, but not change one. */
  readonly between: boolean;
  send(bytes: string): Promise<Exchanged>;
}

/** Fields that the gateway writes itself, whatever a client says. */
const GATEWAY_FIELDS = /^(?:via|forwarded|x-forwarded-|x-real-ip|x-request-id|traceparent)/;

/** Sends each payload through the gateway and judges what reached the service. */
export async function runPayloads(stage: Sender, payloads: readonly Payload[]): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const payload of payloads)
    outcomes.push(judge(payload, await stage.send(payload.bytes), stage.between));
  return outcomes;
}

/**
 * What goes on must be what the strict reading of the client's bytes has, request by request and never more; and nothing of it
 * may show in the exchange of another client.
 */
function judge({ name, bytes, expected }: Payload, exchanged: Exchanged, between: boolean): CaseOutcome {
  const { forwarded, status, faults } = exchanged;
  const detail = `${shown(bytes)} -> ${status} ${shown(exchanged.response, 120)}, forwarded ${shown(
    forwarded.map(describe).join(" | "),
  )}`;
  const wrong = [...faults, ...surplus(readStrictly(bytes).requests, forwarded, between)];
  if (wrong.length > 0) return { name, verdict: "finding", why: wrong.join("; "), detail };
  if (expected !== undefined && !expected.statuses.some(([from, to]) => status >= from && status <= to)) {
    const refused = forwarded.length === 0 && (status === 0 || status >= 400);
    const code = /"code":"([^"]+)"/.exec(exchanged.response)?.[1];
    const why = code === undefined ? `answered ${status}` : `answered ${status} ${code}`;
    return { name, verdict: refused ? "stricter" : "finding", why, detail };
  }
  return {
    name,
    verdict: "agrees",
    why: forwarded.length === 0 ? "refused" : "one reading, passed on",
    detail,
  };
}

function surplus(
  read: readonly StrictRequest[],
  forwarded: readonly StrictRequest[],
  between: boolean,
): string[] {
  const wrong: string[] = [];
  for (const [index, request] of forwarded.entries()) {
    const sent = read[index];
    if (sent === undefined) wrong.push(`request ${index + 1} has no strict reading`);
    else if (sent.method !== request.method || sent.body !== request.body || pathOf(sent) !== request.target)
      wrong.push(`request ${index + 1} was sent as ${describe(sent)}`);
    else wrong.push(...changedFields(sent, request, between));
  }
  return wrong;
}

/** What is said end to end arrives as it was said. */
function changedFields(sent: StrictRequest, forwarded: StrictRequest, mayLack: boolean): string[] {
  const named = valuesOf(sent, "connection")
    .join(",")
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  const names = new Set(sent.fields.map(([name]) => name));
  return [...names]
    .filter((name) => !HOP_BY_HOP.has(name) && !named.includes(name) && !GATEWAY_FIELDS.test(name))
    .filter((name) => !mayLack || valuesOf(forwarded, name).length > 0)
    .filter((name) => valuesOf(sent, name).join() !== valuesOf(forwarded, name).join())
    .map((name) => `the field ${name} arrived as ${shown(valuesOf(forwarded, name).join())}`);
}

function valuesOf({ fields }: StrictRequest, name: string): string[] {
  return fields.filter(([key]) => key === name).map(([, value]) => value);
}

/** A service is told the path alone, also when a client names the whole URL. */
function pathOf({ target }: StrictRequest): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, "");
  return path.startsWith("/") || path === "*" ? path : `/${path}`;
}

function describe({ method, target, body }: StrictRequest): string {
  return `${method} ${target} ${shown(body, 60)}`;
}
