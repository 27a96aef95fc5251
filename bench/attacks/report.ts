import type { HonestReport } from "./honest.ts";
import type { Attack } from "./kinds.ts";

export interface AttackRound {
  readonly quiet: HonestReport;
  readonly attacked: HonestReport;
  /** The peak of the gateway's resident memory, over what it was before. */
  readonly grownBytes: number;
}

/** Medians over the rounds; of the memory and the failures, the worst and the sum. */
export interface AttackFigures {
  readonly attack: Attack;
  readonly quietP99Ms: number;
  readonly attackedP99Ms: number;
  readonly ratio: number;
  readonly failed: number;
  readonly grownBytes: number;
}

export function renderAttacks(
  figures: readonly AttackFigures[],
  rounds: number,
): { readonly table: string; readonly document: string } {
  const rows = figures.map(({ attack, quietP99Ms, attackedP99Ms, ratio, failed, grownBytes }) =>
    [
      attack.what,
      quietP99Ms.toFixed(2),
      attackedP99Ms.toFixed(2),
      ratio.toFixed(2),
      String(failed),
      (grownBytes / 1024 ** 2).toFixed(0),
    ].join(" | "),
  );
  const table = `| attack | p99 ms in quiet | under attack | ratio | honest requests that failed | MB more at the peak |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join("\n")}`;
  const document = `# Attacks

This page is written by \`npm run attacks\`; edit \`bench/attacks\`, not this file.

${table}

Medians of ${rounds} rounds; the ratio is the median of the rounds' ratios; failures are the sum and memory is the worst of all rounds.
An honest client asks on four connections every few milliseconds, for three seconds in quiet and six under attack, through
all policies of the shop. The gateway has a core of its own, where there are two; the attacker beside the service and the
honest client only gets time that these do not want, so that what it costs is the gateway's time and not theirs.
`;
  return { table, document };
}
