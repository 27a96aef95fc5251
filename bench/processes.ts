import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Pins the process to this core; undefined leaves it where the scheduler puts it. */
  readonly cpu: number | undefined;
  readonly env?: Record<string, string>;
  /** Opens a channel for messages to a Node.js child. */
  readonly channel?: boolean;
  /** Only gets time that nobody else wants (Linux, `chrt`). */
  readonly idle?: boolean;
  /** Names the file that takes stdout and stderr, inside the run's folder. */
  readonly name: string;
}

const graceMs = 5000;

/** Every process of a run. Each is stopped by its own id, whatever way the run ends. */
export class Processes {
  readonly folder: string;
  readonly #running = new Set<ChildProcess>();
  #stopping = false;

  /** @param folder takes the output of the processes. */
  constructor(folder: string) {
    this.folder = folder;
  }

  start(options: ProcessOptions): ChildProcess {
    // A run that is being stopped must not start the next process behind stopAll's back.
    if (this.#stopping) throw new Error("the run is being stopped");
    const output = openSync(this.#outputPath(options.name), "a");
    const pinned = options.cpu === undefined ? [] : ["taskset", "-c", String(options.cpu)];
    const idle = options.idle === true ? ["chrt", "--idle", "0"] : [];
    // Each replaces itself by the next, so the id is the command's own.
    const [command = "", ...args] = [...pinned, ...idle, options.command, ...options.args];
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, ...options.env },
      stdio: options.channel === true ? ["ignore", output, output, "ipc"] : ["ignore", output, output],
    });
    closeSync(output);
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    child.once("error", () => this.#running.delete(child));
    return child;
  }

  async stop(child: ChildProcess): Promise<void> {
    if (!this.#running.has(child)) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const patience = new AbortController();
    const late = sleep(graceMs, "late", { signal: patience.signal, ref: false }).catch(() => "exited");
    if ((await Promise.race([exited, late])) === "late") child.kill("SIGKILL");
    patience.abort();
    await exited;
  }

  async stopAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running].map((child) => this.stop(child)));
  }

  /** What a process has written, for the message when it fails. */
  outputOf(name: string): string {
    return readFileSync(this.#outputPath(name), "utf8").trim();
  }

  #outputPath(name: string): string {
    return join(this.folder, `${name}.out`);
  }
}

export function processId(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} did not start`);
  return child.pid;
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
