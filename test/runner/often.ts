/** `npm run test:often`: the tests again and again, to find those that fail now and then. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeRun, isLoaded, summarize, type Run } from "./summary.ts";

const HELP = `Usage: npm run test:often -- [options]

Runs all tests several times, every third time beside a busy process for each core, and names each test that ever
failed, with the runs in which it did. Ends with 0 when no run failed.

Options:
  --times <n>  runs (default 10)
  --help       this text

Examples:
  npm run test:often
  npm run test:often -- --times 3
`;

/** Keeps a core busy until it is killed, or until whoever started it has ended. */
const BUSY = "const parent = process.ppid; while (process.ppid === parent);";

function readTimes(): number | undefined {
  try {
    const { values } = parseArgs({
      options: { times: { type: "string", default: "10" }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return undefined;
    }
    if (/^[1-9]\d{0,3}$/.test(values.times)) return Number(values.times);
    process.stderr.write(`error: --times is a number from 1 to 9999, not ${JSON.stringify(values.times)}\n`);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
  }
  process.stderr.write("See: npm run test:often -- --help\n");
  process.exitCode = 2;
  return undefined;
}

async function runTests(loaded: boolean, report: string): Promise<Run> {
  const busy: ChildProcess[] = [];
  if (loaded)
    for (let core = 0; core < availableParallelism(); core++)
      busy.push(spawn(process.execPath, ["-e", BUSY], { stdio: "ignore" }));
  try {
    const reporters = [
      `--test-reporter=${new URL("failed-tests.ts", import.meta.url).href}`,
      `--test-reporter-destination=${report}`,
    ];
    const run = join(import.meta.dirname, "run.ts");
    const tests = spawn(process.execPath, ["--conditions=portcullis-source", run, ...reporters], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [exitCode] = (await once(tests, "exit")) as [number | null];
    const failedTests = readFileSync(report, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as string);
    return { loaded, passed: exitCode === 0, failedTests };
  } finally {
    for (const child of busy) child.kill("SIGKILL");
  }
}

const times = readTimes() ?? 0;
const runs: Run[] = [];
const directory = mkdtempSync(join(tmpdir(), "portcullis-often-"));
try {
  for (let number = 1; number <= times; number++) {
    const startedMs = performance.now();
    const run = await runTests(isLoaded(number), join(directory, String(number)));
    runs.push(run);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const how = run.loaded ? "loaded" : "quiet";
    process.stdout.write(`run ${number} of ${times}, ${how}, ${seconds} s: ${describeRun(run)}\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (runs.length > 0) process.stdout.write(`\n${summarize(runs)}`);
if (runs.some(({ passed }) => !passed)) process.exitCode = 1;
