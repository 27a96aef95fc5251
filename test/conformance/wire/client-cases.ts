import { REFUSED_REQUESTS } from "../h1/request-cases.ts";
import { CHUNKS } from "./chunk-cases.ts";
import type { Threat } from "./client-case.ts";
import { FIELDS } from "./field-cases.ts";
import { EARLY_ANSWERS, PAUSES } from "./pause-cases.ts";
import { FRAMING } from "./framing-cases.ts";
import { HEADS } from "./head-cases.ts";
import { TARGETS } from "./target-cases.ts";
import { TOKENS } from "./token-cases.ts";

/** What the codec refuses, the whole gateway refuses. */
const codecCases: readonly Threat[] = Object.entries(REFUSED_REQUESTS).map(([threat, cases]) => ({
  threat,
  cases: cases.map(([what, bytes, code]) => ({
    what,
    bytes,
    answers: [code],
    // The head is good, and may have gone on.
    ...(threat.includes("chunked") ? { begun: "POST /" } : {}),
    // Here a route takes it, so that it is read, and refused where it has come to another.
    ...(bytes.includes("%2f") ? { ends: false } : {}),
  })),
}));

/** What may be sent in front of any service. */
export const CLIENT_THREATS: readonly Threat[] = [
  ...FRAMING,
  ...CHUNKS,
  ...PAUSES,
  ...HEADS,
  ...TARGETS,
  ...FIELDS,
  ...TOKENS,
  ...codecCases,
];

/** All that clients send: some of it speaks of a service that answers before it was asked to the end. */
export const ALL_THREATS: readonly Threat[] = [...CLIENT_THREATS, EARLY_ANSWERS];
