import { REFUSED_REQUESTS } from "../h1/request-cases.ts";
import type { Threat } from "./client-case.ts";
import { FIELDS } from "./field-cases.ts";
import { FRAMING } from "./framing-cases.ts";
import { HEADS } from "./head-cases.ts";
import { TARGETS } from "./target-cases.ts";

/** What the codec refuses, the whole gateway refuses. */
const codecCases: readonly Threat[] = Object.entries(REFUSED_REQUESTS).map(([threat, cases]) => ({
  threat,
  cases: cases.map(([what, bytes, code]) => ({
    what,
    bytes,
    answers: [code],
    // Here a route takes it, so that it is read, and refused where it has come to another.
    ...(bytes.includes("%2f") ? { ends: false } : {}),
  })),
}));

/** All that clients send. */
export const CLIENT_THREATS: readonly Threat[] = [...FRAMING, ...HEADS, ...TARGETS, ...FIELDS, ...codecCases];
