import type { Command } from "commander";
import { ConfigError } from "../config/issue.ts";
import { loadConfig, placeError } from "../config/load.ts";
import { idleHost } from "../config/trial.ts";
import { Gateway } from "../workers/gateway.ts";
import { describeSize, examples } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** `portcullis check`: everything that `run` would refuse, without opening a port or a log. */
export function addCheckCommand(program: Command, terminal: Terminal): void {
  program
    .command("check")
    .summary("say what is wrong with a config")
    .description(
      "Reads a config and says everything that is wrong with it, each with its place. Nothing is started.",
    )
    .argument("[config]", "the file; by default the portcullis.config.* of this directory")
    .addHelpText(
      "after",
      examples(
        "portcullis check",
        "portcullis check portcullis.config.yaml",
        "portcullis check && portcullis run",
      ),
    )
    .action(async (path: string | undefined) => {
      const { config, source } = await loadConfig(path, terminal.directory);
      try {
        const gateway = new Gateway(config, idleHost);
        terminal.stdout.write(`the config is right: ${describeSize(gateway.size)}\n`);
        await gateway.close();
      } catch (error) {
        throw error instanceof ConfigError ? placeError(error, source) : error;
      }
    });
}
