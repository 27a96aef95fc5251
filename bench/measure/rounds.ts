import type { RunningPeer } from "../peers/peer.ts";
import type { Processes } from "../processes.ts";
import { shopHeaders, shopPath } from "../shop.ts";
import { runLoad } from "./load.ts";
import { readCpuMs, readResidentBytes } from "./process-figures.ts";

/** The figures of one peer, one entry a round: entry i of every peer was measured in the same round. */
export interface RoundFigures {
  readonly requestsPerSecond: number[];
  readonly cpuUsPerRequest: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  /** At the end of each window. */
  readonly residentBytes: number[];
}

export interface RoundsOptions {
  readonly processes: Processes;
  readonly wrk: string;
  readonly loadCpu: number | undefined;
  readonly rounds: number;
  readonly windowSeconds: number;
  readonly warmUpSeconds: number;
  readonly say: (line: string) => void;
}

export type Measured<Name extends string> = ReadonlyMap<Name, RoundFigures>;

/**
 * Measures the peers in turn, round after round (A B C A B C ...), so that a minute in which the machine is slow
 * is spread over all of them.
 */
export async function measureRounds<Name extends string>(
  running: ReadonlyMap<Name, RunningPeer>,
  options: RoundsOptions,
): Promise<Measured<Name>> {
  const headers = shopHeaders();
  const load = (port: number, seconds: number) =>
    runLoad(options.processes, {
      wrk: options.wrk,
      cpu: options.loadCpu,
      port,
      path: shopPath,
      headers,
      seconds,
    });

  for (const [name, peer] of running) {
    options.say(`warm-up: ${name}`);
    await load(peer.port, options.warmUpSeconds);
  }
  const measured = new Map<Name, RoundFigures>();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [name, peer] of running) {
      const cpuBeforeMs = readCpuMs(peer.pid);
      const report = await load(peer.port, options.windowSeconds);
      const cpuUsPerRequest = ((readCpuMs(peer.pid) - cpuBeforeMs) * 1000) / report.requests;
      const requestsPerSecond = (report.requests * 1e6) / report.durationUs;
      const figures = measured.get(name) ?? emptyFigures();
      measured.set(name, figures);
      figures.requestsPerSecond.push(requestsPerSecond);
      figures.cpuUsPerRequest.push(cpuUsPerRequest);
      figures.p50Ms.push(report.p50Us / 1000);
      figures.p99Ms.push(report.p99Us / 1000);
      figures.residentBytes.push(readResidentBytes(peer.pid));
      options.say(
        `round ${round}/${options.rounds} ${name.padEnd(20)} ${requestsPerSecond.toFixed(0).padStart(6)} req/s ` +
          `${cpuUsPerRequest.toFixed(1).padStart(6)} µs CPU  p99 ${(report.p99Us / 1000).toFixed(2)} ms`,
      );
    }
  }
  return measured;
}

function emptyFigures(): RoundFigures {
  return { requestsPerSecond: [], cpuUsPerRequest: [], p50Ms: [], p99Ms: [], residentBytes: [] };
}
