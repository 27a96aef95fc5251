import type { RE2JS } from "re2js";
import { requirePackage } from "../../lib/require-package.ts";

/** A pattern that takes a time in proportion to the text, whatever the text. */
export interface LinearPattern {
  test(text: string): boolean;
}

/** Why a pattern cannot be used, and what to do. */
export interface PatternProblem {
  readonly problem: string;
  readonly hint: string;
}

/** What of a text a pattern has to fit, as the library's automaton has it. */
const ANCHORS = { part: 0, whole: 2 } as const;

/** Of an automaton that is made whole: its states, and the threads of the pattern that were followed to find them. */
const MOST_STATES = 4000;
const MOST_THREADS = 1_000_000;

/**
 * Makes a pattern, for a part of a text or for the whole of it, or says why it cannot be used. JavaScript's own engine backtracks:
 * with `(a+)+$` one short text can hold a gateway for hours, and which patterns do that is not to be seen with certainty.
 * RE2's algorithm does not, so it has no look-around and no back-references; and a repetition is of a thousand at most.
 */
export function compilePattern(pattern: string, match: keyof typeof ANCHORS): LinearPattern | PatternProblem {
  const library = requirePackage("re2js") as typeof import("re2js");
  let compiled: RE2JS;
  try {
    compiled = library.RE2JS.compile(library.RE2JS.translateRegExp(pattern));
  } catch (error) {
    if (!(error instanceof library.RE2JSException)) throw error;
    return {
      problem: `the pattern cannot be used: ${error.message.replace("error parsing regexp: ", "")}`,
      hint: "patterns are those of RE2, which take no more time for a hostile text than for another",
    };
  }
  if (!hasFewStates(compiled, ANCHORS[match])) {
    return {
      problem: "the pattern cannot be used: it can be in too many states, so that some texts would take long",
      hint:
        match === "part"
          ? "begin it with ^ if that is meant, or repeat less often"
          : "repeat less often, or what cannot be taken for what stands before it",
    };
  }
  return {
    test: match === "part" ? compiled.test.bind(compiled) : compiled.testExact.bind(compiled),
  };
}

/** As much as is known here of a state of the library's automaton. */
interface State {
  readonly isMatch: boolean;
  readonly nfaStates: readonly number[];
}

/**
 * Makes all states of the automaton that finds the pattern, which otherwise comes into being as texts ask for it: where
 * there are few, a character is one look-up. `[ab]*a[ab]{20}c` has a million, and each character of a hostile text makes a new one,
 * which takes a thousand times as long.
 */
function hasFewStates(compiled: RE2JS, anchor: number): boolean {
  const { dfa, onepass } = compiled.re2();
  // At each character there is one way to go on.
  if (onepass !== null) return true;
  if (dfa.failed) return false;
  const { classBounds, numClasses } = dfa;
  const start = dfa.start({ context: () => ALL_AT_THE_START }, 0) as State;
  const states = new Set([start]);
  let threads = 0;
  for (const state of states) {
    // A search has ended there.
    if (state.isMatch && anchor === ANCHORS.part) continue;
    for (let i = 0; i <= numClasses; i++) {
      const character = i === numClasses ? END_OF_TEXT : (classBounds[i - 1] ?? 0);
      const next = dfa.step(state, i, character, anchor) as State | null;
      threads += 10 + state.nfaStates.length;
      // Nothing: it has taken all the memory that it may.
      if (next === null || threads > MOST_THREADS || states.size === MOST_STATES) return false;
      states.add(next);
    }
  }
  return true;
}

const ALL_AT_THE_START = -1;
const END_OF_TEXT = -1;
