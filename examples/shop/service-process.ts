import { fork, type ChildProcess } from "node:child_process";
import type { ServiceName } from "./environment.ts";
import type { Ready } from "./services/process.ts";

/** A service of the shop that runs as a process of its own. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly url: string;
  readonly pid: number;
  /** Stops it; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a service on any free port of the loopback address; rejects when it ends before it is ready. */
export async function startService(name: ServiceName): Promise<ServiceProcess> {
  const child = fork(new URL(`./services/${name}/server.ts`, import.meta.url), {
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0" },
  });
  const port = await readiness(name, child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    stop() {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

function readiness(name: ServiceName, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve((message as Ready).port));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the ${name} service ended with exit code ${code} before it was ready`)));
  });
}
