import type { RoundFigures } from "../measure/rounds.ts";
import type { Results } from "../results.ts";

const megabyte = 1024 * 1024;

/** Results of an invented run for the tests of the report: some bounds are reached, some just so, some not. */
export function makeSampleResults(): Results {
  return {
    date: "2026-01-01",
    mode: "quick",
    rounds: 3,
    windowSeconds: 3,
    warmUpSeconds: 1,
    idleConnections: 2000,
    machine: { cpuModel: "a processor", cores: 2, kernel: "6.1.0", memoryBytes: 4 * 1024 * megabyte },
    pinning: undefined,
    versions: { nginx: "1.22.1", HAProxy: "2.6.12" },
    load: new Map([
      ["portcullis-plain", makeFigures([25, 26, 27], [1, 1, 1])],
      ["nginx-plain", makeFigures([20, 20, 20], [1, 1, 1])],
      ["portcullis-shop", makeFigures([23, 46, 23], [3, 3, 3])],
      ["haproxy-shop", makeFigures([20, 40, 20], [2, 2, 2])],
      ["fastify-shop", makeFigures([115, 115, 115], [9, 9, 9])],
    ]),
    memory: new Map([
      ["portcullis-shop", { idleConnectionBytes: 10 * 1024, slowReaderGrowthBytes: 33 * megabyte }],
    ]),
    routing: { nanosecondsAmongFew: 200, ratio: 1.21, ratioOfMedians: 1.1, spreadRatio: 3 },
  };
}

function makeFigures(cpuUsPerRequest: number[], p99Ms: number[]): RoundFigures {
  return {
    cpuUsPerRequest,
    p99Ms,
    requestsPerSecond: cpuUsPerRequest.map((us) => 1e6 / us),
    p50Ms: p99Ms.map((ms) => ms / 2),
    residentBytes: cpuUsPerRequest.map(() => 50 * megabyte),
  };
}
