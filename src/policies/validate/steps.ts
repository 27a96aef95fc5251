import { schemasIn } from "./schemas-in.ts";

/** The keyword of our own that stands beside what a schema asks of a value more than once. */
export const STEP_KEYWORD = "portcullis:step";

/** A step is what takes about ten nanoseconds; these are of any body, and of each of its bytes. */
const STEPS_OF_ANY = 200_000;
const STEPS_OF_BYTE = 3;
/** Of a reference that is followed, or a schema that is tried. */
const STEPS_OF_SCHEMA = 8;

/** A body takes longer to check than is reasonable for its size. */
export class TooManySteps extends Error {}

/** Of the check that runs; none is ever interrupted by another. Schemas are compiled without a bound. */
let left = Infinity;

/**
 * Makes the validators of a schema count how often its parts are asked. A schema that refers to itself in two places, such as two
 * kinds of node with a member `left` each, checks what is there twice, and what is in that four times: 32 levels in a body
 * of 200 bytes would hold the gateway for hours. References are counted, and what is tried and may fail, since each failure
 * is written down; beside what takes long by itself: patterns, formats and comparisons.
 */
export function countSteps(root: unknown): void {
  for (const { schema, place } of schemasIn(root)) {
    const isTried = place.at(-2) === "anyOf" || place.at(-2) === "oneOf" || place.at(-1) === "contains";
    if (isTried || typeof schema["$ref"] === "string" || typeof schema["$dynamicRef"] === "string")
      schema[STEP_KEYWORD] = true;
  }
}

/** Checks a body of that many bytes; a check that takes too many steps for it throws `TooManySteps`. */
export function withinSteps<T>(byteLength: number, check: () => T): T {
  left = STEPS_OF_ANY + STEPS_OF_BYTE * byteLength;
  try {
    return check();
  } finally {
    left = Infinity;
  }
}

export function takeSteps(count: number): void {
  left -= count;
  if (left < 0) throw new TooManySteps();
}

/** What generated code calls for `STEP_KEYWORD`. */
export function countStep(): boolean {
  takeSteps(STEPS_OF_SCHEMA);
  return true;
}
