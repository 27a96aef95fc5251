/** Looks for bytes and exchanges that break what must always hold, for a given time. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { requestFuzzer, responseFuzzer } from "./codec/fuzzer.ts";
import { exchangeFuzzer } from "./exchanges/fuzzer.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { pathFuzzer } from "./paths/fuzzer.ts";

const FUZZERS: readonly Fuzzer[] = [requestFuzzer, responseFuzzer, exchangeFuzzer, pathFuzzer];
const PROGRESS_EVERY_MS = 10_000;
const FINDING = "fuzz-finding.json";

const HELP = `Usage: npm run fuzz -- [--minutes <n>] [--seed <n>] [--only <names>] [--replay <file>]

Looks for input that breaks what must always hold. Stops at the first finding, makes it small, writes it to
${FINDING} and exits with 1. The same seed makes the same cases.

Options:
  --minutes <n>    for each of them (default 1; fractions are fine)
  --seed <n>       where chance begins (default: the time)
  --only <names>   only these, separated by commas
  --replay <file>  tries the case of a finding again

What is fuzzed:
${FUZZERS.map(({ name, what }) => `  ${name.padEnd(16)} ${what}`).join("\n")}

Examples:
  npm run fuzz
  npm run fuzz -- --minutes 60 --seed 7
  npm run fuzz -- --only requests --minutes 0.5
  npm run fuzz -- --replay ${FINDING}
`;

interface Recorded {
  readonly fuzzer: string;
  readonly seed: number;
  readonly message: string;
  readonly replay: string;
}

async function main(): Promise<number> {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.replay !== undefined) return replay(options.replay);
  for (const fuzzer of options.chosen) {
    if (!(await fuzz(fuzzer, options.seed, options.minutes))) return 1;
  }
  return 0;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
      only: { type: "string" },
      replay: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: expected a number above 0`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`--seed ${values.seed}: expected a whole number`);
  const names = values.only?.split(",");
  const unknown = names?.find((name) => !FUZZERS.some((fuzzer) => fuzzer.name === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: nothing of that name is fuzzed`);
  const chosen = FUZZERS.filter(({ name }) => names === undefined || names.includes(name));
  return { minutes, seed, chosen, replay: values.replay, help: values.help };
}

/** Whether nothing was found. */
async function fuzz(fuzzer: Fuzzer, seed: number, minutes: number): Promise<boolean> {
  const startedMs = performance.now();
  let saidMs = startedMs;
  const report = await fuzzer.run({
    seed,
    until: () => performance.now() - startedMs >= minutes * 60_000,
    progress: (cases) => {
      const nowMs = performance.now();
      if (nowMs - saidMs < PROGRESS_EVERY_MS) return;
      saidMs = nowMs;
      say(fuzzer, `${cases} cases, ${((nowMs - startedMs) / 60_000).toFixed(1)} of ${minutes} minutes`);
    },
  });
  const kept = report.kept === undefined ? "" : `, ${report.kept} that behaved like none before`;
  const { finding } = report;
  say(
    fuzzer,
    `${report.cases} cases with seed ${seed}${kept}: ${finding === undefined ? "nothing found" : "a finding"}`,
  );
  if (finding === undefined) return true;
  const recorded: Recorded = { fuzzer: fuzzer.name, seed, ...finding };
  writeFileSync(FINDING, `${JSON.stringify(recorded, undefined, 2)}\n`);
  process.stdout.write(
    `\n${finding.message}\n\n${finding.replay}\n\nTry it again: npm run fuzz -- --replay ${FINDING}\n`,
  );
  return false;
}

async function replay(file: string): Promise<number> {
  const { fuzzer: name, replay: text } = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  const fuzzer = FUZZERS.find((candidate) => candidate.name === name);
  if (fuzzer === undefined) throw new Error(`${file} is a finding of ${name}, which is not fuzzed here`);
  const message = await fuzzer.replay(text);
  process.stdout.write(`${message ?? "Nothing is wrong with it now."}\n`);
  return message === undefined ? 0 : 1;
}

function say(fuzzer: Fuzzer, text: string): void {
  process.stdout.write(`${fuzzer.name.padEnd(16)} ${text}\n`);
}

process.exitCode = await main();
