/** What the data path costs here and in another checkout, side by side in interleaved rounds: for changes that must not cost. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { choosePinning } from "./machine.ts";
import { measureRounds, type RoundFigures } from "./measure/rounds.ts";
import { median, medianOfRatios } from "./measure/statistics.ts";
import { startNodeGateway } from "./peers/node-process.ts";
import type { RunningPeer } from "./peers/peer.ts";
import { Processes } from "./processes.ts";
import { startAnsweringService } from "./services/answering.ts";
import { findProgram, findTools } from "./tools.ts";

const HELP = `Usage: npm run bench:compare -- <checkout> [<rounds>]

Measures the CPU that a request costs, here and in another checkout of Portcullis with its own dependencies installed, in
interleaved rounds of 4 s (default 9), for a plain proxy and for all policies of the shop.

Example:
  git worktree add ../before v0.1.0 && (cd ../before && npm ci)
  npm run bench:compare -- ../before
`;
const WARM_UP_SECONDS = 10;
const WINDOW_SECONDS = 4;

async function main(checkout: string | undefined, roundsText = "9"): Promise<number> {
  const rounds = Number(roundsText);
  const other = join(resolve(checkout ?? ""), "bench", "/");
  if (
    checkout === undefined ||
    !Number.isInteger(rounds) ||
    rounds < 1 ||
    !existsSync(join(other, "gateways"))
  ) {
    process.stderr.write(HELP);
    return 2;
  }
  const processes = new Processes(mkdtempSync(join(tmpdir(), "portcullis-compare-")));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void processes.stopAll());
  try {
    const measured = await measure(processes, pathToFileURL(other), rounds);
    for (const policies of ["none", "shop"]) {
      const here = measured.get(`${policies} here`)!.cpuUsPerRequest;
      const there = measured.get(`${policies} there`)!.cpuUsPerRequest;
      say(
        `policies ${policies}: ${median(here).toFixed(1)} µs here, ${median(there).toFixed(1)} µs there, median ratio ${medianOfRatios(here, there).toFixed(3)}`,
      );
    }
    return 0;
  } finally {
    await processes.stopAll();
    rmSync(processes.folder, { recursive: true, force: true });
  }
}

async function measure(
  processes: Processes,
  other: URL,
  rounds: number,
): Promise<ReadonlyMap<string, RoundFigures>> {
  const tools = findTools(say);
  const pinning = choosePinning(findProgram("taskset") !== undefined);
  const servicePort = await startAnsweringService(processes, tools, pinning?.loadCpu);
  const running = new Map<string, RunningPeer>();
  for (const policies of ["none", "shop"]) {
    for (const [place, bench] of [
      ["here", undefined],
      ["there", other],
    ] as const) {
      const label = `${policies}-${place}`;
      const peer = { processes, tools, gatewayCpu: pinning?.gatewayCpu, servicePort, label };
      const env = { GATEWAY_POLICIES: policies };
      running.set(`${policies} ${place}`, await startNodeGateway(peer, "portcullis.ts", env, bench));
    }
  }
  return measureRounds(running, {
    processes,
    wrk: tools.wrk,
    loadCpu: pinning?.loadCpu,
    rounds,
    windowSeconds: WINDOW_SECONDS,
    warmUpSeconds: WARM_UP_SECONDS,
    say,
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv[2], process.argv[3]);
