import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "./processes.ts";
import type { Processes } from "./processes.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

const startPatienceMs = 10_000;

/** A port that was free a moment ago, for programs that only take a number. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A listening TCP server has an address with a port; only pipes and closed servers have others.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export async function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path,
    headers,
    agent: false,
    timeout: startPatienceMs,
  });
  outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer from port ${port} to ${path}`)));
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  return { status: incoming.statusCode, headers: incoming.headers, body: await text(incoming) };
}

/** Waits until a just started process accepts connections; throws with its output when it dies or never does. */
export async function waitForPort(
  processes: Processes,
  child: ChildProcess,
  name: string,
  port: number,
): Promise<void> {
  const giveUpAt = performance.now() + startPatienceMs;
  while (isRunning(child) && performance.now() < giveUpAt) {
    try {
      await get(port, "/");
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`${name} did not start:\n${processes.outputOf(name)}`);
}
