import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The programs that a run needs beside Node.js, as absolute paths. */
export interface Tools {
  readonly nginx: string;
  readonly haproxy: string;
  readonly wrk: string;
}

/** Something the run cannot go on without; the message is one line that says what to do. */
export class MissingError extends Error {}

const names = ["nginx", "haproxy", "wrk"] as const;
const policyPath = "/usr/sbin/policy-rc.d";

/** Finds nginx, HAProxy and wrk; installs those that lack where that is possible, else says which. */
export function findTools(say: (line: string) => void): Tools {
  if (process.platform !== "linux") {
    throw new MissingError("The bench needs Linux: it reads CPU time and memory from /proc.");
  }
  const [nginx = "", haproxy = "", wrk = ""] = findOrInstall(names, say);
  return { nginx, haproxy, wrk };
}

/** Finds programs, and installs those that lack where that is possible; throws a `MissingError` for one that is not to be had. */
export function findOrInstall(programs: readonly string[], say: (line: string) => void): string[] {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) install(missing, say);
  return programs.map(demand);
}

/** Looks along PATH and in sbin, where Debian puts servers and a user's PATH may not look. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The first thing that looks like a version in what a program prints about itself. */
export function versionOf(program: string, flag: string): string {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8" });
  return /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown";
}

function demand(name: string): string {
  const path = findProgram(name);
  if (path === undefined) {
    throw new MissingError(`The bench lacks ${name}. On Debian: sudo apt-get install ${name}`);
  }
  return path;
}

function install(missing: readonly string[], say: (line: string) => void): void {
  const aptGet = findProgram("apt-get");
  if (aptGet === undefined || process.getuid?.() !== 0) return;
  say(`installing ${missing.join(", ")} with apt-get`);
  // Debian starts a server that it installs unless this script forbids it; nobody asked for one on port 80.
  const forbidsStart = !existsSync(policyPath);
  if (forbidsStart) writeFileSync(policyPath, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    for (const args of [["update"], ["install", "--yes", "--no-install-recommends", ...missing]]) {
      spawnSync(aptGet, ["--quiet", "--quiet", ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        stdio: ["ignore", "ignore", "inherit"],
      });
    }
  } finally {
    if (forbidsStart) rmSync(policyPath);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
