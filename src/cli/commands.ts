import { Option, type Command } from "commander";
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "../lib/signature-algorithms.ts";
import type { ApiKeyOptions } from "./api-key.ts";
import type { RunOptions } from "./run.ts";
import type { Terminal } from "./terminal.ts";

/*
 * What the help says of each command. What a command does is in a file of its own, which is only loaded when it is called: the
 * help would wait for the whole gateway.
 */

/** `portcullis run`: the gateway, until a signal ends it. */
export function addRunCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command("run")
    .summary("start the gateway")
    .description(
      "Starts the gateway and serves until SIGTERM or SIGINT; then what is in flight is finished. " +
        "A second signal ends it at once.",
    )
    .argument("[config]", "the file; by default the portcullis.config.* of this directory")
    .option("--sandbox", "give the process no more than the config needs: no other files, no other programs")
    .addHelpText(
      "after",
      examples(
        "portcullis run",
        "portcullis run portcullis.config.yaml",
        "JWT_SECRET=... portcullis run",
        "portcullis run --sandbox",
      ),
    )
    .action(async (path: string | undefined, options: RunOptions) => {
      const { run } = await import("./run.ts");
      exit(await run(path, options, terminal));
    });
}

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
      const { check } = await import("./check.ts");
      await check(path, terminal);
    });
}

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
    .action(async () => {
      const { configJsonSchema } = await import("../config/json-schema.ts");
      terminal.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}

/** `portcullis keys`: the keys that a gateway signs with. */
export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command("keys")
    .summary("make keys to sign tokens with")
    .description("Keys for the signingKeys of a config.")
    .addHelpText("after", examples("portcullis keys new", "portcullis keys new --algorithm EdDSA"));
  keys
    .command("new")
    .summary("make a private key")
    .description(
      "Makes a private key and prints it as a JWK of one line, as an environment variable takes it; its kid goes to stderr. " +
        "Nothing is stored.",
    )
    .addOption(
      new Option("--algorithm <name>", "what it signs with")
        .choices(SIGNATURE_ALGORITHMS)
        .default("ES256" satisfies SignatureAlgorithm),
    )
    .addHelpText(
      "after",
      examples(
        "portcullis keys new",
        "portcullis keys new --algorithm EdDSA",
        "(umask 077 && portcullis keys new > tokens.jwk)",
      ),
    )
    .action(async ({ algorithm }: { readonly algorithm: SignatureAlgorithm }) => {
      const { makeSigningKey } = await import("./keys.ts");
      makeSigningKey(algorithm, terminal);
    });
}

/** `portcullis api-key new`: a key for a caller, and what the gateway is to know of it. */
export function addApiKeyCommand(program: Command, terminal: Terminal): void {
  const group = program
    .command("api-key")
    .summary("make API keys")
    .description("Makes keys for the policy apiKey.")
    .addHelpText("after", examples("portcullis api-key new --owner alice"));
  const command = group.command("new");
  command
    .summary("make a key and its entry")
    .description(
      "Makes a key and prints it, once: it is stored nowhere. The entry beside it goes into the config's keys or the key file. " +
        "The pepper that the gateway has is read from the environment.",
    )
    .requiredOption("--owner <name>", "who the key is for: the caller's id")
    .option("--plan <name>", "the plan that the owner is on")
    .option("--scopes <names>", "what the key may be used for, with commas between")
    .option("--expires <date>", "when it no longer passes: 2027-01-01, or 2027-01-01T12:00:00Z")
    .option("--prefix <text>", "what the key begins with", "pk")
    .option("--pepper <variable>", "the environment variable that holds the pepper", "API_KEY_PEPPER")
    .option("--json", "print one JSON object with key and entry")
    .addHelpText(
      "after",
      examples(
        "API_KEY_PEPPER=... portcullis api-key new --owner alice",
        "portcullis api-key new --owner alice --plan pro --scopes orders:read,orders:write",
        "portcullis api-key new --owner build --prefix sk_live --expires 2027-01-01 --json",
      ),
    )
    .action(async (options: ApiKeyOptions) => {
      const { makeApiKey } = await import("./api-key.ts");
      makeApiKey(options, terminal, (message) => command.error(`error: ${message}`));
    });
}

/** The end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join("")}`;
}
