import { createSecretKey } from "node:crypto";
import type { Command } from "commander";
import { ConfigError } from "../config/issue.ts";
import { VARIABLE_NAME } from "../lib/redact.ts";
import {
  digestKey,
  LEAST_PEPPER_BYTES,
  makeKey,
  PREFIX,
  publicIdOf,
  writeHash,
} from "../policies/api-key/key-format.ts";
import { keyEntry } from "../policies/api-key/schema.ts";
import { examples } from "./text.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly owner: string;
  readonly plan?: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly prefix: string;
  readonly pepper: string;
  readonly json?: boolean;
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
    .action((options: Options) => {
      const { key, entry } = createKey(options, (message) => command.error(`error: ${message}`));
      const { stdout } = terminal;
      if (options.json === true) stdout.write(`${JSON.stringify({ key, entry })}\n`);
      else {
        stdout.write(`the key, shown this once, for ${options.owner}:\n\n  ${key}\n\n`);
        stdout.write(`its entry, for the config's keys or the key file:\n\n  ${JSON.stringify(entry)}\n`);
      }
    });
}

function createKey(options: Options, refuse: (message: string) => never): { key: string; entry: object } {
  const { owner, plan, scopes, expires, prefix, pepper: variable } = options;
  if (!PREFIX.test(prefix))
    refuse("--prefix is at most 20 lower-case letters, digits and underscores, and begins with a letter");
  if (!VARIABLE_NAME.test(variable)) refuse("--pepper is the name of an environment variable");
  const draft = {
    id: `${prefix}_000000000000`,
    hash: writeHash(Buffer.alloc(32)),
    owner,
    ...(plan === undefined ? {} : { plan }),
    ...(scopes === undefined ? {} : { scopes: scopes.split(",") }),
    ...(expires === undefined ? {} : { expires }),
  };
  const { error } = keyEntry.safeParse(draft);
  if (error !== undefined) {
    const { path, message } = error.issues[0]!;
    refuse(`--${String(path[0])}: ${message}`);
  }
  const pepper = readPepper(variable);
  const key = makeKey(prefix);
  return { key, entry: { ...draft, id: publicIdOf(key), hash: writeHash(digestKey(pepper, key)) } };
}

function readPepper(variable: string): ReturnType<typeof createSecretKey> {
  const bytes = Buffer.from(process.env[variable] ?? "");
  if (bytes.length >= LEAST_PEPPER_BYTES) return createSecretKey(bytes);
  const message =
    bytes.length === 0
      ? `the environment variable ${variable} is not set, and keys are hashed with the gateway's pepper`
      : `the pepper in ${variable} has ${bytes.length} bytes; at least ${LEAST_PEPPER_BYTES} are needed`;
  throw new ConfigError([
    { path: [], message, hint: `make one with: openssl rand -base64 ${LEAST_PEPPER_BYTES}` },
  ]);
}
