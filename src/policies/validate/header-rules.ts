import { ConfigMistake } from "../../lib/config-mistake.ts";
import { isEndToEnd } from "../../http/header-names.ts";
import type { HeaderList } from "../../http/headers.ts";
import type { ValueRuleConfig } from "./schema.ts";
import { MISSING, MOST_PROBLEMS, REPEATED, ValueRule, type Problem } from "./value-rule.ts";

/** What header fields have to be, by their names in lower case. */
export class HeaderRules {
  readonly #rules: readonly (readonly [name: string, rule: ValueRule])[];

  constructor(config: Readonly<Record<string, ValueRuleConfig>>) {
    const rules = new Map<string, ValueRule>();
    for (const [written, rule] of Object.entries(config)) {
      const name = written.toLowerCase();
      const path = ["headers", written];
      if (rules.has(name))
        throw new ConfigMistake(`there are two rules for ${name}`, path, "keep one of them");
      if (!isEndToEnd(name)) {
        throw new ConfigMistake(
          `${name} belongs to the connection and not to the request, so no policy sees it`,
          path,
          "leave it out: the gateway checks it itself",
        );
      }
      rules.set(name, new ValueRule(rule, path));
    }
    this.#rules = [...rules];
  }

  /** What is wrong; undefined when nothing is. */
  check(headers: HeaderList): readonly Problem[] | undefined {
    let problems: Problem[] | undefined;
    for (const [header, rule] of this.#rules) {
      const detail = problemOf(rule, header, headers);
      if (detail === undefined) continue;
      problems ??= [];
      if (problems.push({ header, detail }) === MOST_PROBLEMS) break;
    }
    return problems;
  }
}

function problemOf(rule: ValueRule, name: string, headers: HeaderList): string | undefined {
  const { fields } = headers;
  let value: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== name) continue;
    // Of two fields, services take the first, the last, or both: one that was checked might not be the one that counts.
    if (value !== undefined && !rule.takesAnyValue) return REPEATED;
    value = fields[i + 1]!;
  }
  if (value === undefined) return rule.required ? MISSING : undefined;
  return rule.problemOf(value);
}
