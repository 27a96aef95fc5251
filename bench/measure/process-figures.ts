import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

let cachedTickMs: number | undefined;

/** CPU time, user and system, of all threads of a process so far, in milliseconds. */
export function readCpuMs(pid: number): number {
  return parseCpuTicks(readFileSync(`/proc/${pid}/stat`, "utf8")) * tickMs();
}

/**
 * Resident memory in bytes. From smaps_rollup: the rss in stat and status is kept per core and summed lazily by
 * current kernels, so that it can be off by some hundred kilobytes.
 */
export function readResidentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
}

/**
 * Begins to note the peak of a process's resident memory (proc(5), clear_refs). The kernel does it at no cost; to sample
 * the memory takes the process's own locks for milliseconds.
 */
export function beginPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The peak since `beginPeak`, in bytes, give or take some hundred kilobytes. */
export function readPeakBytes(pid: number): number {
  return parsePeakBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
}

export function parsePeakBytes(status: string): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error("status without VmHWM");
  return Number(kilobytes) * 1024;
}

/** utime + stime of a /proc/PID/stat line, in clock ticks (proc(5), fields 14 and 15). */
export function parseCpuTicks(stat: string): number {
  // The command in field 2 may itself contain spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error(`not a stat line: ${stat.slice(0, 80)}`);
  return ticks;
}

export function parseResidentBytes(smapsRollup: string): number {
  const kilobytes = /^Rss:\s+(\d+) kB$/m.exec(smapsRollup)?.[1];
  if (kilobytes === undefined) throw new Error("smaps_rollup without Rss");
  return Number(kilobytes) * 1024;
}

/** The worker of a server that forks one from a master. */
export function firstChildOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? undefined : Number(children.split(" ")[0]);
}

function tickMs(): number {
  cachedTickMs ??= 1000 / (Number(spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" }).stdout) || 100);
  return cachedTickMs;
}
