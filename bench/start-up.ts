/** How long a command takes that does little: `--help`, and `check` of the shop's config, from the sources and as a package. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/host/clock.ts";
import { NpmError, publishInto } from "../test/package/published.ts";
import { median, medianOfRatios } from "./measure/statistics.ts";
import { readRoundsOptions } from "./rounds-options.ts";

const HELP = `Usage: npm run bench:start-up -- [options]

Packs the package, installs it into a folder of its own, and measures how long portcullis --help and portcullis check take there,
beside the sources of this checkout, in interleaved rounds.

Options:
  --rounds <n>  measured rounds (default 15)
  --check       exit 1 when a bound is missed
  --help        this text
`;

const ROOT = join(import.meta.dirname, "..");
const SHOP = join(ROOT, "examples/shop");
const CONFIG = "portcullis.config.ts";
/** Of the wall clock, for a package whose folder its user may write. */
const BOUND_MS = 300;

interface Start {
  readonly name: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly bounded?: boolean;
  /** The start that this one is shown beside. */
  readonly beside?: string;
}

interface Figures {
  readonly wallMs: number[];
  /** User and system, of all threads. */
  readonly cpuMs: number[];
}

function startsOf(project: string, main: string): Start[] {
  const sources = ["--conditions=portcullis-source", join(ROOT, "src/cli/main.ts")];
  const withoutCache = { NODE_DISABLE_COMPILE_CACHE: "1" };
  return [
    { name: "node, no program", args: ["--eval", "0"], directory: project },
    ...[["--help"], ["check", CONFIG]].flatMap((command): Start[] => {
      const [name] = command;
      const beside = `${name}, from the sources`;
      const packaged = { args: [main, ...command], directory: project, beside };
      return [
        { name: beside, args: [...sources, ...command], directory: SHOP },
        { ...packaged, name: `${name}, as a package`, bounded: true },
        { ...packaged, name: `${name}, as a package without the compile cache`, env: withoutCache },
      ];
    }),
  ];
}

/** Starts one process and waits for its end. It tells its own CPU, with all but the last of its end. */
function measure({ args, directory, env }: Start, preload: string): { wallMs: number; cpuMs: number } {
  const before = systemClock.now();
  const { status, stderr, output } = spawnSync(process.execPath, [`--require=${preload}`, ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, JWT_SECRET: "a secret that is long enough for HS256", ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const wallMs = systemClock.now() - before;
  if (status !== 0) throw new Error(`${args.join(" ")} has failed: ${stderr}`);
  return { wallMs, cpuMs: Number(output[3]) };
}

const PRELOAD = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeSync(3, String((user + system) / 1000));
});
`;

function measureAll(starts: readonly Start[], preload: string, rounds: number): Map<string, Figures> {
  const figures = new Map(starts.map(({ name }): [string, Figures] => [name, { wallMs: [], cpuMs: [] }]));
  // The first round fills the compile caches, and those of the system.
  for (let round = -1; round < rounds; round++) {
    for (const start of starts) {
      const { wallMs, cpuMs } = measure(start, preload);
      if (round < 0) continue;
      const of = figures.get(start.name)!;
      of.wallMs.push(wallMs);
      of.cpuMs.push(cpuMs);
    }
  }
  return figures;
}

/** How many bounds are missed. */
function report(starts: readonly Start[], figures: ReadonlyMap<string, Figures>): number {
  let missed = 0;
  for (const { name, bounded, beside } of starts) {
    const { wallMs, cpuMs } = figures.get(name)!;
    const met = median(wallMs) <= BOUND_MS;
    if (bounded === true && !met) missed++;
    const verdict = bounded === true ? `, at most ${BOUND_MS}: ${met ? "met" : "MISSED"}` : "";
    const ratio =
      beside === undefined
        ? ""
        : `; CPU ${medianOfRatios(cpuMs, figures.get(beside)!.cpuMs).toFixed(2)} times "${beside}"`;
    process.stdout.write(
      `${name}: ${median(wallMs).toFixed(0)} ms (in the best round ${Math.min(...wallMs).toFixed(0)})${verdict}, ` +
        `CPU ${median(cpuMs).toFixed(0)} ms (${Math.min(...cpuMs).toFixed(0)})${ratio}\n`,
    );
  }
  return missed;
}

function main(args: string[]): number {
  const options = readRoundsOptions(args);
  const rounds = Number(options?.rounds ?? 15);
  if (options === undefined || options.help === true || !Number.isInteger(rounds) || rounds < 1) {
    process[options?.help === true ? "stdout" : "stderr"].write(HELP);
    return options?.help === true ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-start-up-"));
  try {
    const { project, main } = publishInto(folder);
    for (const file of [CONFIG, "environment.ts"]) cpSync(join(SHOP, file), join(project, file));
    const preload = join(folder, "count-cpu.cjs");
    writeFileSync(preload, PRELOAD);
    const starts = startsOf(project, main);
    process.stdout.write(
      `medians of ${rounds} rounds, Node.js ${process.version}; CPU is user and system of all threads\n`,
    );
    const missed = report(starts, measureAll(starts, preload, rounds));
    return options.check === true && missed > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof NpmError)) throw error;
    process.stderr.write(`nothing was measured: ${error.message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
