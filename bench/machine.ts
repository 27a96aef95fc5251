import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

export interface Machine {
  readonly cpuModel: string;
  readonly cores: number;
  readonly kernel: string;
  readonly memoryBytes: number;
}

/** The cores that carry a run, or undefined where processes cannot be pinned. */
export interface Pinning {
  readonly gatewayCpu: number;
  /** Shared by the service, the client and the bench itself. */
  readonly loadCpu: number;
}

/** Facts that explain the figures; nothing that names the machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    kernel: release().replace(/^(\d+\.\d+\.\d+).*/, "$1"),
    memoryBytes: totalmem(),
  };
}

/** Parses the kernel's list format: "0-2,5" is 0, 1, 2, 5. */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

export function choosePinning(hasTaskset: boolean): Pinning | undefined {
  const status = readFileSync("/proc/self/status", "utf8");
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "");
  const [gatewayCpu, loadCpu] = allowed;
  if (!hasTaskset || gatewayCpu === undefined || loadCpu === undefined) return undefined;
  return { gatewayCpu, loadCpu };
}

/** How many sockets one process may hold open. */
export function openFilesLimit(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === undefined || hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}
