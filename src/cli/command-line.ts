import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/issue.ts";
import { reportIssues } from "../config/report.ts";
import {
  addApiKeyCommand,
  addCheckCommand,
  addKeysCommand,
  addRunCommand,
  addSchemaCommand,
  examples,
} from "./commands.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs one command and resolves with its exit code: 0, 1 when it ran and says no, 2 when it was called wrongly. Mistakes of
 * the user are told in words, without a stack; any other error is thrown.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ConfigError)) throw error;
    const { color } = terminal.stderr;
    terminal.stderr.write(reportIssues(error, { color, directory: terminal.directory, frames: true }));
    return 1;
  }
}

function createProgram(terminal: Terminal, exit: (code: number) => void): Command {
  const { stdout, stderr } = terminal;
  const program = new Command("portcullis")
    .description(
      "An API gateway: routing, limits, authentication and circuit breaking in front of your services.",
    )
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError("(portcullis --help tells how it is called)")
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.width,
      getErrHelpWidth: () => stderr.width,
      getOutHasColors: () => stdout.color,
      getErrHasColors: () => stderr.color,
    })
    .addHelpText("after", examples("portcullis run", "portcullis check portcullis.config.yaml"));
  addRunCommand(program, terminal, exit);
  addCheckCommand(program, terminal);
  addSchemaCommand(program, terminal);
  addKeysCommand(program, terminal);
  addApiKeyCommand(program, terminal);
  return program;
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
