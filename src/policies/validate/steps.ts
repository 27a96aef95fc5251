import { schemasIn } from "./schema-places.ts";

/** The keyword of our own that stands beside each reference of a schema. */
export const STEP_KEYWORD = "portcullis:step";

/** Of a body of a thousand bytes, and of each further byte. A value has two bytes at least. */
const STEPS_OF_ANY = 10_000;
const STEPS_OF_BYTE = 4;

/** A body is checked in more ways than is reasonable for its size. */
export class TooManySteps extends Error {}

/** Of the check that runs; none is ever interrupted by another. */
let left = 0;

/**
 * Makes the validators of a schema count their steps. A schema that refers to itself in two places, such as two kinds of node
 * with a member `left` each, checks what is there twice, and what is in that four times: 32 levels in a body of 200 bytes
 * would hold the gateway for hours. Only references can do that, so they alone are counted.
 */
export function countSteps(root: unknown): void {
  for (const { schema } of schemasIn(root)) {
    if (typeof schema["$ref"] === "string" || typeof schema["$dynamicRef"] === "string")
      schema[STEP_KEYWORD] = true;
  }
}

/** For the next check, of a body of that many bytes. */
export function allowSteps(byteLength: number): void {
  left = STEPS_OF_ANY + STEPS_OF_BYTE * byteLength;
}

export function countStep(): boolean {
  if (--left < 0) throw new TooManySteps();
  return true;
}
