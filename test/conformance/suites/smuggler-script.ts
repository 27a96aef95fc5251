import { execFile } from "node:child_process";
import { findProgram } from "../../../bench/tools.ts";
import type { CaseOutcome } from "./outcome.ts";

/** Runs the script of a checkout of smuggler, as it is, with one of its configs; undefined where there is no Python. */
export async function runSmugglerScript(
  folder: string,
  config: string,
  port: number,
): Promise<CaseOutcome[] | undefined> {
  const python = findProgram("python3");
  if (python === undefined) return undefined;
  const url = `http://127.0.0.1:${port}/`;
  const args = ["-B", "smuggler.py", "-u", url, "-t", "2", "--no-color", "-c", config];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(python, args, { cwd: folder, timeout: 300_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  return readOutput(output);
}

/** Each case has several lines, written over each other; the last says how it went. */
export function readOutput(output: string): CaseOutcome[] {
  const last = new Map<string, string>();
  for (const [, name, text] of output.matchAll(/^\[([^\]\s]+)\] *: (.*)$/gm)) last.set(name!, text!);
  return [...last].map(([name, text]) =>
    text.startsWith("OK")
      ? { name, verdict: "agrees", why: "no desynchronisation found" }
      : { name, verdict: "finding", why: text },
  );
}
