import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CaseOutcome } from "./outcome.ts";

/** Runs the script of a checkout of h1spec, as it is, against a gateway in front of a service that sends bodies back. */
export async function runH1spec(folder: string, port: number): Promise<CaseOutcome[]> {
  const shim = fileURLToPath(new URL("deno.ts", import.meta.url));
  const args = ["--import", shim, join(folder, "http_test.ts"), "127.0.0.1", String(port)];
  const output = await new Promise<string>((resolve) => {
    // It ends with 1 when a case fails: what it prints says more.
    execFile(process.execPath, args, { timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  const outcomes = readOutput(output);
  const total = Number(/(\d+) out of (\d+) tests passed/.exec(output)?.[2] ?? -1);
  if (outcomes.length !== total)
    throw new Error(`h1spec printed ${outcomes.length} of ${total} cases:\n${output}`);
  return outcomes;
}

export function readOutput(output: string): CaseOutcome[] {
  return [...output.matchAll(/^(✅|❌|Error in test "?)\s*(.*)$/gmu)].map(([, mark, rest = ""]) => ({
    name: rest.replace(/[:"].*$/, ""),
    verdict: mark === "✅" ? "agrees" : "finding",
    why: mark === "✅" ? "passed" : rest,
  }));
}
