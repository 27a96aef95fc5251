import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Processes } from "../processes.ts";

export interface LoadReport {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers with a status of 400 or more. */
  readonly refused: number;
  /** Connections that could not be made, or broke, or timed out. */
  readonly broken: number;
}

export interface LoadOptions {
  readonly wrk: string;
  readonly cpu: number | undefined;
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly seconds: number;
}

/** What clients at once means in every figure of the bench. */
export const loadConnections = 64;

const script = fileURLToPath(new URL("wrk-report.lua", import.meta.url));
let runs = 0;

/** Runs wrk once. Throws when an answer was a refusal or a connection broke: such a run measures something else. */
export async function runLoad(processes: Processes, options: LoadOptions): Promise<LoadReport> {
  const name = `wrk-${runs++}`;
  const headers = Object.entries(options.headers).flatMap(([field, value]) => ["-H", `${field}: ${value}`]);
  const child = processes.start({
    name,
    command: options.wrk,
    cpu: options.cpu,
    args: [
      "--threads=1",
      `--connections=${loadConnections}`,
      `--duration=${options.seconds}s`,
      `--script=${script}`,
      ...headers,
      `http://127.0.0.1:${options.port}${options.path}`,
    ],
  });
  const [code] = await once(child, "exit");
  const output = processes.outputOf(name);
  if (code !== 0) throw new Error(`wrk failed:\n${output}`);
  const report = parseLoadReport(output);
  if (report.refused + report.broken > 0) {
    throw new Error(`of ${report.requests} requests ${report.refused} were refused, ${report.broken} broke`);
  }
  return report;
}

export function parseLoadReport(output: string): LoadReport {
  const json = /^report (\{.*\})$/m.exec(output)?.[1];
  if (json === undefined) throw new Error(`no report in wrk's output:\n${output}`);
  const fields: Record<string, unknown> = JSON.parse(json);
  const read = (name: keyof LoadReport): number => {
    const value = fields[name];
    if (typeof value !== "number") throw new Error(`wrk's report has no ${name}`);
    return value;
  };
  return {
    requests: read("requests"),
    durationUs: read("durationUs"),
    p50Us: read("p50Us"),
    p99Us: read("p99Us"),
    refused: read("refused"),
    broken: read("broken"),
  };
}
