import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";

/**
 * Whether a condition holds. UNKNOWN is the answer to a question about the caller where there is none: a request without a
 * caller may neither pass because it has no role that is excluded, nor be forbidden what it could do with a token. The logic
 * is Kleene's: `all` is the least of its members, `any` the greatest, `not` turns YES and NO around.
 */
export type Verdict = typeof NO | typeof UNKNOWN | typeof YES;
export const NO = 0;
export const UNKNOWN = 1;
export const YES = 2;

/** One part of a rule, made once. Only `test` is asked with every request, and allocates nothing. */
export interface Condition {
  test(caller: Caller | undefined, x: Exchange): Verdict;
  /** The condition in words. It names claims, never their values, neither the caller's nor those that it is compared with. */
  readonly words: string;
  /** In words, what of it does not hold; only asked where `test` says NO. */
  unmet(caller: Caller | undefined, x: Exchange): string;
  /**
   * The scopes, few as they can be, with which it would hold; undefined where no scope helps. An estimate: what a `not` says
   * to the new scopes, only another `test` can tell.
   */
  missingScopes(caller: Caller, x: Exchange): readonly string[] | undefined;
}

const NOTHING: readonly string[] = [];

/** What a condition without parts has in common with its like: nothing of it but the verdict depends on the request. */
export abstract class Leaf implements Condition {
  readonly words: string;

  constructor(words: string) {
    this.words = words;
  }

  abstract test(caller: Caller | undefined, x: Exchange): Verdict;

  unmet(_caller: Caller | undefined, _x: Exchange): string {
    return this.words;
  }

  missingScopes(caller: Caller, x: Exchange): readonly string[] | undefined {
    return this.test(caller, x) === YES ? NOTHING : undefined;
  }
}

/** What conditions of several parts have in common. */
abstract class Combination implements Condition {
  readonly words: string;
  protected readonly parts: readonly Condition[];

  constructor(parts: readonly Condition[], by: "and" | "or") {
    this.parts = parts;
    this.words = join(
      parts.map(({ words }) => words),
      by,
    );
  }

  abstract test(caller: Caller | undefined, x: Exchange): Verdict;
  abstract unmet(caller: Caller | undefined, x: Exchange): string;
  abstract missingScopes(caller: Caller, x: Exchange): readonly string[] | undefined;
}

/** Holds where all of its parts do; without any, always. */
export class AllOf extends Combination {
  constructor(parts: readonly Condition[]) {
    super(parts, "and");
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    const { parts } = this;
    let least: Verdict = YES;
    for (let i = 0; i < parts.length; i++) {
      const verdict = parts[i]!.test(caller, x);
      if (verdict === NO) return NO;
      if (verdict < least) least = verdict;
    }
    return least;
  }

  unmet(caller: Caller | undefined, x: Exchange): string {
    const broken = this.parts.filter((part) => part.test(caller, x) === NO);
    return join(
      broken.map((part) => part.unmet(caller, x)),
      "and",
    );
  }

  missingScopes(caller: Caller, x: Exchange): readonly string[] | undefined {
    const missing = new Set<string>();
    for (const part of this.parts) {
      const ofPart = part.missingScopes(caller, x);
      if (ofPart === undefined) return undefined;
      for (const scope of ofPart) missing.add(scope);
    }
    return [...missing];
  }
}

/** Holds where one of its parts does. */
export class AnyOf extends Combination {
  constructor(parts: readonly Condition[]) {
    super(parts, "or");
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    const { parts } = this;
    let greatest: Verdict = NO;
    for (let i = 0; i < parts.length; i++) {
      const verdict = parts[i]!.test(caller, x);
      if (verdict === YES) return YES;
      if (verdict > greatest) greatest = verdict;
    }
    return greatest;
  }

  unmet(caller: Caller | undefined, x: Exchange): string {
    return join(
      this.parts.map((part) => part.unmet(caller, x)),
      "or",
    );
  }

  missingScopes(caller: Caller, x: Exchange): readonly string[] | undefined {
    let fewest: readonly string[] | undefined;
    for (const part of this.parts) {
      const missing = part.missingScopes(caller, x);
      if (missing !== undefined && (fewest === undefined || missing.length < fewest.length)) fewest = missing;
    }
    return fewest;
  }
}

/** Holds where its part does not. */
export class Not extends Leaf {
  readonly #part: Condition;

  constructor(part: Condition) {
    super(`not ${part.words}`);
    this.#part = part;
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    const verdict = this.#part.test(caller, x);
    if (verdict === UNKNOWN) return UNKNOWN;
    return verdict === YES ? NO : YES;
  }
}

/** In parentheses, so that nobody has to know what binds more tightly. */
function join(words: readonly string[], by: "and" | "or"): string {
  return words.length === 1 ? words[0]! : `(${words.join(` ${by} `)})`;
}
