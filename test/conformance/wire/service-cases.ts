/** All that services send, by threat. What the codec's own tables hold of heads and bodies is here too, asked of whole gateways. */
import { readResponse } from "../h1/readings.ts";
import { ACCEPTED_RESPONSES, REFUSED_RESPONSES, type AcceptedResponse } from "../h1/response-cases.ts";
import { BODIES } from "./service-body-cases.ts";
import type { Asked, ServiceCase, ServiceThreat } from "./service-case.ts";
import { HEADS } from "./service-head-cases.ts";
import { TURNS } from "./service-turn-cases.ts";

const ofCodec: ServiceCase[] = [];
for (const [what, sends, options = {}] of REFUSED_RESPONSES) {
  // The bounds of a whole gateway are other ones, and have cases of their own.
  if (options.limits !== undefined) continue;
  const code = options.fin === true ? "service.broken" : "service.bad_response";
  const { begun } = readResponse(sends, options);
  ofCodec.push({
    what,
    sends,
    asks: askedOf(options.method),
    ...(options.fin === true ? { after: "fin" } : {}),
    client: begun === undefined ? { refused: code } : { cut: code },
    kept: false,
  });
}
for (const accepted of ACCEPTED_RESPONSES) {
  if (accepted.limits !== undefined) continue;
  const { what, bytes, fin = false, surplus, method, body, trailers, interim } = accepted;
  ofCodec.push({
    what,
    sends: bytes,
    asks: askedOf(method),
    ...(fin ? { after: "fin" } : {}),
    client: {
      status: finalStatus(bytes),
      ...(body === undefined ? {} : { body }),
      fields: fieldsOf(accepted),
      trailers: pairs(trailers ?? []).map(([name, value]) => `${name}: ${value}`),
      interims: interim ?? [],
    },
    kept: surplus === undefined && !fin && !bytes.startsWith("HTTP/1.0"),
  });
}

/** That of the first status line which is not an interim one's. */
function finalStatus(bytes: string): number {
  return Number(/^HTTP\/1\.[01] ([2-5]\d\d)/m.exec(bytes)![1]);
}

function askedOf(method = "GET"): Asked {
  return method === "HEAD" ? "HEAD" : "GET";
}

function fieldsOf({ fields = [] }: AcceptedResponse): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of pairs(fields)) (all[name] ??= []).push(value);
  return all;
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as [string, string]] : []));
}

export const SERVICE_CASES: readonly ServiceThreat[] = [
  ...HEADS,
  ...BODIES,
  ...TURNS,
  { threat: "what the codec's tables hold", cases: ofCodec },
];
