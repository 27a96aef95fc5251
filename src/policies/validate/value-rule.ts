import { ConfigMistake } from "../../lib/config-mistake.ts";
import { compilePattern, type LinearPattern } from "./linear-pattern.ts";
import type { ValueRuleConfig } from "./schema.ts";

/** One thing that is wrong with a request: a member of the list `errors` of its refusal. */
export interface Problem {
  readonly detail: string;
  readonly header?: string;
  readonly parameter?: string;
  /** Where in the body: a JSON pointer (RFC 6901). */
  readonly pointer?: string;
}

/** More of them than this are not listed: a client gets no answer that is longer than what it has sent. */
export const MOST_PROBLEMS = 20;

export const MISSING = "is missing";
export const REPEATED = "occurs more than once";

/** What the value of a header field or query parameter has to be. */
export class ValueRule {
  readonly required: boolean;
  /** Undefined where any value will do. */
  readonly #values: ReadonlySet<string> | undefined;
  readonly #pattern: LinearPattern | undefined;

  /** `path` is where the rule stands, below the policy's own config. */
  constructor(config: ValueRuleConfig, path: readonly string[]) {
    this.required = config.required;
    this.#values = config.values === undefined ? undefined : new Set(config.values);
    if (config.pattern === undefined) return;
    const compiled = compilePattern(config.pattern, "whole");
    if ("problem" in compiled) throw new ConfigMistake(compiled.problem, [...path, "pattern"], compiled.hint);
    this.#pattern = compiled;
  }

  get takesAnyValue(): boolean {
    return this.#values === undefined && this.#pattern === undefined;
  }

  /** What is wrong with a value, without the value; undefined when it is right. */
  problemOf(value: string): string | undefined {
    if (this.#values?.has(value) === false) return "has a value that is not allowed";
    if (this.#pattern?.test(value) === false) return "does not have the form that is asked for";
    return undefined;
  }
}
