import type { Measured, RoundFigures } from "../measure/rounds.ts";
import { median } from "../measure/statistics.ts";
import { peers } from "../peers/index.ts";
import type { PeerName } from "../peers/index.ts";
import type { Results } from "../results.ts";
import type { Verdict } from "./bounds.ts";

export type Table = readonly (readonly string[])[];

/** One row a peer that was measured, its figures as medians over the rounds. */
export function makePeerTable(results: Results): Table {
  const header = [
    "peer",
    "requests/s",
    "CPU µs/request",
    "p50 ms",
    "p99 ms",
    "resident MB",
    "KB/idle connection",
    "slow reader MB",
  ];
  const rows = peers.flatMap(({ name, title }) => {
    const figures = results.load.get(name);
    if (figures === undefined) return [];
    const memory = results.memory.get(name);
    return [
      [
        title,
        median(figures.requestsPerSecond).toFixed(0),
        median(figures.cpuUsPerRequest).toFixed(1),
        median(figures.p50Ms).toFixed(2),
        median(figures.p99Ms).toFixed(2),
        (median(figures.residentBytes) / 1024 ** 2).toFixed(0),
        formatSize(memory?.idleConnectionBytes, 1024),
        formatSize(memory?.slowReaderGrowthBytes, 1024 ** 2),
      ],
    ];
  });
  return [header, ...rows];
}

function formatSize(bytes: number | undefined, unitBytes: number): string {
  return bytes === undefined ? "" : (bytes / unitBytes).toFixed(1);
}

export function makeVerdictTable(verdicts: readonly Verdict[]): Table {
  return [
    ["figure", "at most", "measured", "ratio of medians", ""],
    ...verdicts.map((verdict) => [
      verdict.figure,
      verdict.atMost,
      verdict.measured ?? "not measured",
      verdict.ratioOfMedians ?? "",
      verdict.reached === undefined ? "" : verdict.reached ? "reached" : "not reached",
    ]),
  ];
}

/** CPU per request, round by round, so that a reader sees how steady the medians are. */
export function makeRoundTable(load: Measured<PeerName>): Table {
  const rounds = Math.max(0, ...[...load.values()].map((figures) => figures.cpuUsPerRequest.length));
  const header = ["peer", ...Array.from({ length: rounds }, (_, round) => String(round + 1))];
  return [header, ...[...load].map(([name, figures]) => makeRoundRow(name, figures))];
}

function makeRoundRow(name: PeerName, figures: RoundFigures): string[] {
  return [name, ...figures.cpuUsPerRequest.map((value) => value.toFixed(1))];
}

export function renderMarkdown(table: Table): string {
  const [header = [], ...rows] = table;
  const rule = header.map((_, column) => (column === 0 ? "---" : "---:"));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function renderAligned(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
