import { takeSteps } from "./steps.ts";

/** Steps of finding a value among others, of writing a scalar as text, and a list or an object without what is in it. */
const LOOK_UP = 5;
const TEXT = 16;
const PARTS = 48;

/**
 * Values of JSON by which others are known to be equal (JSON Schema 2020-12, 4.2.2), in a time that grows with the values and not with
 * their pairs. Scalars stand for themselves, the others as text; apart, or a text could pass for a list.
 */
export class ValueSet {
  readonly #scalars = new Set<unknown>();
  readonly #texts = new Set<string>();

  has(value: unknown): boolean {
    takeSteps(LOOK_UP);
    return isScalar(value) ? this.#scalars.has(value) : this.#texts.has(canonicalText(value));
  }

  /** False when an equal one was there. */
  add(value: unknown): boolean {
    takeSteps(LOOK_UP);
    const set: Set<unknown> = isScalar(value) ? this.#scalars : this.#texts;
    const before = set.size;
    set.add(isScalar(value) ? value : canonicalText(value));
    return set.size > before;
  }
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** One text for each JSON value, the same for those that are equal: members in one order. */
function canonicalText(value: unknown): string {
  // With its length, a text needs no quotes, and ends where it ends.
  if (typeof value === "string") {
    takeSteps(TEXT + (value.length >> 3));
    return `${value.length}:${value}`;
  }
  if (typeof value !== "object" || value === null) {
    takeSteps(TEXT);
    // Not as JSON: a number beyond all bounds would be null there.
    return String(value);
  }
  takeSteps(PARTS);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const texts = Object.keys(members)
    .toSorted()
    .map((name) => `${canonicalText(name)}${canonicalText(members[name])}`);
  return `{${texts.join(",")}}`;
}
