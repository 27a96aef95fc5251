/** How one case of a suite went. */
export interface CaseOutcome {
  readonly name: string;
  /**
   * `agrees`: as the suite has it. `stricter`: we refuse what it takes, `why`. `known`: we differ on purpose, `why`.
   * `finding`: to be looked at.
   */
  readonly verdict: "agrees" | "stricter" | "known" | "finding";
  readonly why?: string;
  /** What was sent, and what came of it: printed with a finding, or when asked for. */
  readonly detail?: string;
}

export interface SuiteResult {
  readonly suite: string;
  readonly outcomes: readonly CaseOutcome[];
  /** Cases of the suite that are not run, by reason. */
  readonly skipped?: Readonly<Record<string, number>>;
}

export function shown(text: string, most = 300): string {
  const literal = JSON.stringify(text);
  return literal.length > most ? `${literal.slice(0, most)}… (${text.length} bytes)` : literal;
}
