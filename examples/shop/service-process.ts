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

/**
 * Starts a service on any free port of the loopback address; rejects when it ends before it is ready. `onEnd` is called when
 * it ends later and nobody stopped it, with how it ended (`with exit code 1`, `by SIGKILL`).
 */
export async function startService(name: ServiceName, onEnd: (how: string) => void): Promise<ServiceProcess> {
  const child = fork(new URL(`./services/${name}/server.ts`, import.meta.url), {
    // Whoever sets these means the gateway; its secret is no business of the services.
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0", DATABASE: "", JWT_SECRET: "" },
  });
  const port = await readiness(name, child);
  let stopping = false;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve();
      if (!stopping) onEnd(describeEnd(code, signal));
    });
  });
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    stop() {
      stopping = true;
      child.kill("SIGTERM");
      return exited;
    },
  };
}

function readiness(name: ServiceName, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve((message as Ready).port));
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new Error(`the ${name} service ended ${describeEnd(code, signal)} before it was ready`));
    });
  });
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`;
}
