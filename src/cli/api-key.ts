import { createSecretKey } from "node:crypto";
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
import type { Terminal } from "./terminal.ts";

export interface ApiKeyOptions {
  readonly owner: string;
  readonly plan?: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly prefix: string;
  readonly pepper: string;
  readonly json?: boolean;
}

/** Makes a key for a caller, and prints it with what the gateway is to know of it. `refuse`: says what is wrong with an option. */
export function makeApiKey(
  options: ApiKeyOptions,
  { stdout }: Terminal,
  refuse: (message: string) => never,
): void {
  const { key, entry } = createKey(options, refuse);
  if (options.json === true) stdout.write(`${JSON.stringify({ key, entry })}\n`);
  else {
    stdout.write(`the key, shown this once, for ${options.owner}:\n\n  ${key}\n\n`);
    stdout.write(`its entry, for the config's keys or the key file:\n\n  ${JSON.stringify(entry)}\n`);
  }
}

function createKey(
  options: ApiKeyOptions,
  refuse: (message: string) => never,
): { key: string; entry: object } {
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
