import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingFigures } from "../measure/routing.ts";
import type { RoundFigures } from "../measure/rounds.ts";
import type { PeerName } from "../peers/index.ts";
import type { Results } from "../results.ts";
import { judgeBounds } from "./bounds.ts";

const megabyte = 1024 * 1024;

function makeFigures(cpuUsPerRequest: number[], p99Ms: number[]): RoundFigures {
  return { cpuUsPerRequest, p99Ms, requestsPerSecond: [], p50Ms: [], residentBytes: [] };
}

function makeResults(
  load: [PeerName, RoundFigures][],
  memory: Results["memory"],
  routing?: RoutingFigures,
): Results {
  return {
    date: "2026-01-01",
    mode: "quick",
    rounds: 3,
    windowSeconds: 3,
    idleConnections: 2000,
    machine: { cpuModel: "a processor", cores: 2, kernel: "6.1.0", memoryBytes: 4 * 1024 * megabyte },
    pinning: undefined,
    versions: {},
    load: new Map(load),
    memory,
    routing,
  };
}

test("each figure is compared with its bound, at the bound still reached", () => {
  const verdicts = judgeBounds(
    makeResults(
      [
        ["portcullis-plain", makeFigures([25, 26, 27], [1, 1, 1])],
        ["nginx-plain", makeFigures([20, 20, 20], [1, 1, 1])],
        ["portcullis-shop", makeFigures([23, 46, 23], [3, 3, 3])],
        ["haproxy-shop", makeFigures([20, 40, 20], [2, 2, 2])],
        ["fastify-shop", makeFigures([115, 115, 115], [9, 9, 9])],
      ],
      new Map([
        ["portcullis-shop", { idleConnectionBytes: 10 * 1024, slowReaderGrowthBytes: 33 * megabyte }],
      ]),
      { nanosecondsAmongFew: 200, ratio: 1.21, ratioOfMedians: 1.1, spreadRatio: 3 },
    ),
  );
  assert.deepEqual(
    verdicts.map(({ measured, reached }) => [measured, reached]),
    [
      ["1.15", true],
      ["0.20", true],
      ["1.30", false],
      ["1.50", true],
      ["10 KB", true],
      ["1.21", false],
      ["33 MB", false],
    ],
  );
});

test("what was left out is not measured, and neither reached nor missed", () => {
  for (const verdict of judgeBounds(makeResults([], new Map()))) {
    assert.equal(verdict.measured, undefined);
    assert.equal(verdict.reached, undefined);
  }
});
