/**
 * What attacks cost honest clients: for each attack in turn, an honest client is measured in quiet and then under attack,
 * with the gateway's resident memory beside it. Prints the table and writes docs/attacks.md.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { choosePinning, openFilesLimit } from "../machine.ts";
import { beginPeak, readPeakBytes, readResidentBytes } from "../measure/process-figures.ts";
import { median } from "../measure/statistics.ts";
import { findFreePort, waitForPort } from "../network.ts";
import { startNodeGateway } from "../peers/node-process.ts";
import { Processes } from "../processes.ts";
import { startAnsweringService } from "../services/answering.ts";
import { findOrInstall, findProgram, findTools } from "../tools.ts";
import type { HonestReport } from "./honest.ts";
import { attacks } from "./kinds.ts";
import { startAttack } from "./start.ts";
import type { Attack } from "./kinds.ts";
import { renderAttacks } from "./report.ts";
import type { AttackFigures, AttackRound } from "./report.ts";

/** V8 compiles during the first ten seconds and more, on the core of the gateway. */
const warmUpSeconds = 15;
const quietSeconds = 3;
const attackSeconds = 6;
/** And again for some seconds what an attack runs through. */
const rampMs = 4000;
const restMs = 2000;

const help = `Usage: npm run attacks -- [--rounds <n>] [--only <names>]

Measures an honest client in quiet and under attack, and writes docs/attacks.md.

Options:
  --rounds <n>      rounds for each attack (default 5)
  --only <names>    only these, separated by commas; prints the figures and writes no file

Attacks:
${attacks.map(({ name, what }) => `  ${name.padEnd(20)} ${what}`).join("\n")}

Examples:
  npm run attacks
  npm run attacks -- --rounds 1 --only slow-heads,chunk-flood
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(help);
    return 0;
  }
  const rounds = Number(readOption(args, "--rounds") ?? 5);
  const only = readOption(args, "--only")?.split(",");
  const chosen = attacks.filter(({ name }) => only === undefined || only.includes(name));
  if (!Number.isInteger(rounds) || rounds < 1 || chosen.length < (only?.length ?? 1)) {
    process.stderr.write(help);
    return 2;
  }
  // What cannot be had is demanded by name: a table without a row would look like a promise kept.
  if (chosen.some(({ slowhttptest }) => slowhttptest !== undefined)) findOrInstall(["slowhttptest"], say);
  const processes = new Processes(mkdtempSync(join(tmpdir(), "portcullis-attacks-")));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void processes.stopAll());
  try {
    const figures = await measure(processes, chosen, rounds);
    const text = renderAttacks(figures, rounds);
    process.stdout.write(`\n${text.table}\n`);
    if (only === undefined) writeFileSync(new URL("../../docs/attacks.md", import.meta.url), text.document);
    return 0;
  } finally {
    await processes.stopAll();
    rmSync(processes.folder, { recursive: true, force: true });
  }
}

function readOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}

async function measure(
  processes: Processes,
  chosen: readonly Attack[],
  rounds: number,
): Promise<AttackFigures[]> {
  const tools = findTools(say);
  const pinning = choosePinning(findProgram("taskset") !== undefined);
  const cpu = pinning?.loadCpu;
  const servicePort = await startAnsweringService(processes, tools, cpu);
  const streamingPort = await findFreePort();
  const start = (name: string, file: string, env: Record<string, string>, idle: boolean): ChildProcess =>
    processes.start({
      name,
      command: process.execPath,
      args: ["--conditions=portcullis-source", fileURLToPath(new URL(file, import.meta.url))],
      cpu,
      env,
      channel: true,
      idle,
    });
  // What attackers make a service do is not to take the honest client's core either.
  const idle = findProgram("chrt") !== undefined;
  const streaming = start(
    "streaming",
    "../services/streaming.ts",
    { SERVICE_PORT: String(streamingPort) },
    idle,
  );
  await waitForPort(processes, streaming, "streaming", streamingPort);
  const gateway = await startNodeGateway(
    { processes, tools, gatewayCpu: pinning?.gatewayCpu, servicePort, label: "gateway" },
    "attacked.ts",
    { STREAMING_PORT: String(streamingPort) },
  );
  const GATEWAY_PORT = String(gateway.port);
  const honest = start("honest", "honest.ts", { GATEWAY_PORT }, false);
  const ask = async (seconds: number): Promise<HonestReport> => {
    const report = once(honest, "message", { signal: AbortSignal.timeout((seconds + 30) * 1000) });
    honest.send(seconds);
    const [first] = await report;
    return first;
  };
  await ask(warmUpSeconds);

  const measureOnce = async (attack: Attack, round: number): Promise<AttackRound> => {
    const before = readResidentBytes(gateway.pid);
    const quiet = await ask(quietSeconds);
    beginPeak(gateway.pid);
    const attacker = startAttack(attack, processes, {
      name: `${attack.name}-${round}`,
      port: gateway.port,
      cpu,
    });
    await sleep(rampMs);
    const attacked = await ask(attackSeconds);
    const peak = readPeakBytes(gateway.pid);
    if (attacker !== undefined) await processes.stop(attacker);
    await sleep(restMs);
    return { quiet, attacked, grownBytes: Math.max(0, peak - before) };
  };
  const measured = new Map(chosen.map((attack) => [attack, [] as AttackRound[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const attack of chosen) {
      const one = await measureOnce(attack, round);
      measured.get(attack)!.push(one);
      say(
        `round ${round}/${rounds} ${attack.name.padEnd(20)} p50 and p99 ${one.quiet.p50Ms.toFixed(2)} and ${one.quiet.p99Ms.toFixed(2)} ms in quiet, ` +
          `${one.attacked.p50Ms.toFixed(2)} and ${one.attacked.p99Ms.toFixed(2)} ms under attack, ${one.attacked.failed} failed, ` +
          `${(one.grownBytes / 1024 ** 2).toFixed(0)} MB more`,
      );
    }
  }
  return [...measured].map(([attack, each]) => ({
    attack,
    quietP99Ms: median(each.map(({ quiet }) => quiet.p99Ms)),
    attackedP99Ms: median(each.map(({ attacked }) => attacked.p99Ms)),
    ratio: median(each.map(({ quiet, attacked }) => attacked.p99Ms / quiet.p99Ms)),
    failed: each.reduce((sum, { quiet, attacked }) => sum + quiet.failed + attacked.failed, 0),
    grownBytes: Math.max(...each.map(({ grownBytes }) => grownBytes)),
  }));
}

function say(line: string): void {
  process.stdout.write(`${String(Math.round(performance.now() / 1000)).padStart(4)} s  ${line}\n`);
}

if (openFilesLimit() < 12_000) say("the limit of open files is low: ulimit -n 12000");
process.exitCode = await main(process.argv.slice(2));
