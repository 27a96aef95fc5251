import { RE2JS, RE2JSException } from "re2js";

/** A pattern that takes a time in proportion to the text, whatever the text. */
export interface LinearPattern {
  test(text: string): boolean;
}

/**
 * Makes a pattern, for a part of a text or for the whole of it, or says why it cannot be used. JavaScript's own engine backtracks:
 * with `(a+)+$` one short text can hold a gateway for hours, and which patterns do that is not to be seen with certainty.
 * RE2's algorithm does not, so it has no look-around and no back-references; and a repetition is of a thousand at most.
 */
export function compilePattern(pattern: string, match: "part" | "whole"): LinearPattern | string {
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    const test = match === "part" ? compiled.test.bind(compiled) : compiled.testExact.bind(compiled);
    // The name by which generated code tells patterns apart.
    return { test, toString: () => pattern } as LinearPattern;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return error.message.replace("error parsing regexp: ", "");
  }
}
