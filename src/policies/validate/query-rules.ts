import { MISSING, MOST_PROBLEMS, REPEATED, ValueRule, type Problem } from "./value-rule.ts";
import type { QueryRuleConfig } from "./schema.ts";

/** A name that a client has made up is only told back when it is no longer than this. */
const TOLD_NAME_LENGTH = 100;

/** What stands for bytes that are not UTF-8; who means the character itself is told the same. */
const UNDECODED = "\ufffd";

/** What query parameters have to be, by their decoded names. */
export class QueryRules {
  readonly #rules: ReadonlyMap<string, { readonly rule: ValueRule; readonly repeatable: boolean }>;
  readonly #takesOthers: boolean;

  constructor(config: Readonly<Record<string, QueryRuleConfig>>, takesOthers: boolean) {
    this.#takesOthers = takesOthers;
    this.#rules = new Map(
      Object.entries(config).map(([name, { repeatable, ...rule }]) => [
        name,
        { rule: new ValueRule(rule, ["query", name]), repeatable },
      ]),
    );
  }

  /** What is wrong with a query as it was received, with its `?`; undefined when nothing is. */
  check(query: string): readonly Problem[] | undefined {
    const problems: Problem[] = [];
    const seen = new Set<string>();
    for (const [parameter, value] of new URLSearchParams(query)) {
      const problem = this.#check(parameter, value, seen);
      if (problem !== undefined && problems.push(problem) === MOST_PROBLEMS) return problems;
    }
    for (const [parameter, { rule }] of this.#rules) {
      if (!rule.required || seen.has(parameter)) continue;
      if (problems.push({ parameter, detail: MISSING }) === MOST_PROBLEMS) break;
    }
    return problems.length === 0 ? undefined : problems;
  }

  #check(parameter: string, value: string, seen: Set<string>): Problem | undefined {
    // Services disagree on what such bytes are: to some, %C1%A1 is another way to write the name a.
    if (parameter.includes(UNDECODED)) return { detail: "the name of a parameter is not UTF-8" };
    const known = this.#rules.get(parameter);
    if (known === undefined) {
      if (this.#takesOthers) return undefined;
      const detail = "is not known here";
      return parameter.length > TOLD_NAME_LENGTH
        ? { detail: `a parameter ${detail}` }
        : { parameter, detail };
    }
    // Services disagree on which of two counts, so only where both are meant to.
    if (seen.has(parameter) && !known.repeatable) return { parameter, detail: REPEATED };
    seen.add(parameter);
    if (!known.rule.takesAnyValue && value.includes(UNDECODED)) return { parameter, detail: "is not UTF-8" };
    const detail = known.rule.problemOf(value);
    return detail === undefined ? undefined : { parameter, detail };
  }
}
