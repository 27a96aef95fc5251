import type { Command } from "commander";
import { configJsonSchema } from "../config/json-schema.ts";
import { examples } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** `portcullis schema`: what an editor needs to complete and check YAML and JSON configs. */
export function addSchemaCommand(program: Command, terminal: Terminal): void {
  program
    .command("schema")
    .summary("print the JSON Schema of a config")
    .description(
      "Prints the JSON Schema (draft 7) of a config, with which editors complete and check YAML and JSON.",
    )
    .addHelpText(
      "after",
      examples(
        "portcullis schema > portcullis.schema.json",
        `sed -i '1i # yaml-language-server: $schema=portcullis.schema.json' portcullis.config.yaml`,
      ),
    )
    .action(() => {
      terminal.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
