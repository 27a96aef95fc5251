import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findProgram } from "../tools.ts";
import type { Processes } from "../processes.ts";
import type { Attack } from "./kinds.ts";

const slowhttptestSeconds = 60;

/** Starts an attack on a port. It only gets time that nobody else wants: what it costs is the gateway's time. */
export function startAttack(
  attack: Attack,
  processes: Processes,
  { name, port, cpu }: { name: string; port: number; cpu: number | undefined },
): ChildProcess | undefined {
  const place = { name, cpu, idle: findProgram("chrt") !== undefined };
  if (attack.slowhttptest !== undefined) {
    const { args, path } = attack.slowhttptest;
    return processes.start({
      ...place,
      command: findProgram("slowhttptest") ?? "slowhttptest",
      args: [...args, "-l", String(slowhttptestSeconds), "-u", `http://127.0.0.1:${port}${path}`],
    });
  }
  if (attack.sockets === undefined) return undefined;
  return processes.start({
    ...place,
    command: process.execPath,
    args: ["--conditions=portcullis-source", fileURLToPath(new URL("attacker.ts", import.meta.url))],
    env: { ATTACK: attack.name, ATTACK_PORT: String(port) },
    channel: true,
  });
}
