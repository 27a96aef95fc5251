/**
 * The bench: peers side by side on one machine, in one run.
 *
 * 1. find the programs, choose the cores
 * 2. start the service and every peer, and check that all do the same work
 * 3. measure load in interleaved rounds
 * 4. measure memory, each figure on a fresh process
 * 5. measure routing
 * 6. print, and write docs/benchmarks.md and results.json
 *
 * Whatever way it ends, Ctrl-C included, every process is stopped and the folder removed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choosePinning, describeMachine, openFilesLimit } from "./machine.ts";
import { checkAgreement } from "./measure/agreement.ts";
import { measureMemory } from "./measure/memory.ts";
import { measureRounds } from "./measure/rounds.ts";
import { measureRouting } from "./measure/routing.ts";
import { helpText, parseOptions, UsageError } from "./options.ts";
import type { BenchOptions } from "./options.ts";
import { peers } from "./peers/index.ts";
import type { PeerName } from "./peers/index.ts";
import type { RunningPeer } from "./peers/peer.ts";
import { Processes } from "./processes.ts";
import { judgeBounds } from "./report/bounds.ts";
import { renderTerminal } from "./report/terminal.ts";
import { writeReport } from "./report/write.ts";
import type { Results } from "./results.ts";
import { startAnsweringService } from "./services/answering.ts";
import { findProgram, findTools, MissingError } from "./tools.ts";
import { readVersions } from "./versions.ts";

const started = performance.now();

function say(line: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`${String(seconds).padStart(4)} s  ${line}\n`);
}

async function measure(options: BenchOptions, processes: Processes): Promise<Results> {
  const tools = findTools(say);
  const pinning = choosePinning(findProgram("taskset") !== undefined);
  if (pinning === undefined) say("not pinned: that takes taskset and two cores");
  const place = { processes, tools, gatewayCpu: pinning?.gatewayCpu };
  const loadCpu = pinning?.loadCpu;
  const chosen = peers.filter((peer) => options.peers.includes(peer.name));
  // Half of the limit: a gateway may hold a socket to its service for each of its clients.
  const idleConnections = Math.min(options.idleConnections, Math.floor(openFilesLimit() / 2) - 500);
  if (idleConnections < options.idleConnections) say(`only ${idleConnections} idle connections: ulimit -n`);

  const servicePort = await startAnsweringService(processes, tools, loadCpu);
  const running = new Map<PeerName, RunningPeer>();
  for (const peer of chosen) {
    say(`start: ${peer.title}`);
    const one = await peer.start({ ...place, servicePort, label: peer.name });
    await checkAgreement(peer, one);
    running.set(peer.name, one);
  }
  const load = await measureRounds(running, {
    processes,
    wrk: tools.wrk,
    loadCpu,
    rounds: options.rounds,
    windowSeconds: options.windowSeconds,
    warmUpSeconds: options.warmUpSeconds,
    say,
  });
  for (const peer of running.values()) await peer.stop();
  const memory = await measureMemory(
    chosen.filter((peer) => !peer.accessLog),
    { place, loadCpu, idleConnections, quick: options.quick, say },
  );
  const routesItself = chosen.some((peer) => peer.software === "portcullis");
  const routing = routesItself ? await measureRouting(processes, pinning?.gatewayCpu, say) : undefined;
  return {
    date: new Date().toISOString().slice(0, 10),
    mode: options.quick ? "quick" : "full",
    rounds: options.rounds,
    windowSeconds: options.windowSeconds,
    warmUpSeconds: options.warmUpSeconds,
    idleConnections,
    machine: describeMachine(),
    pinning,
    versions: readVersions(tools),
    load,
    memory,
    routing,
  };
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const processes = new Processes(folder);
  let interrupted: number | undefined;
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      interrupted = exitCode;
      // Whatever is being waited for ends with its process, and main goes on to its end.
      void processes.stopAll();
    });
  }
  try {
    const results = await measure(options, processes);
    const verdicts = judgeBounds(results);
    process.stdout.write(renderTerminal(results, verdicts));
    if (options.partial) {
      say("some peers were left out: docs/benchmarks.md and bench/results.json stay as they are");
    } else {
      writeReport(results, verdicts);
      say("written: docs/benchmarks.md, bench/results.json");
    }
    return options.check && verdicts.some((verdict) => verdict.reached === false) ? 1 : 0;
  } catch (error) {
    if (interrupted !== undefined) return interrupted;
    throw error;
  } finally {
    await processes.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

// A reader that goes away (| head) must not end the run before its processes are stopped.
process.stdout.on("error", () => {});
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof MissingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
