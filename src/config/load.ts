import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { ConfigError } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import { parseConfig } from "./parse.ts";
import type { Config } from "./schema.ts";
import { importScript } from "./script-source.ts";
import { placeIssues } from "./read-config.ts";
import type { ReadConfig } from "./read-config.ts";
import type { ConfigSource } from "./source.ts";

/** What a config is called when the command line does not say, in a directory that has one of them. */
const CONFIG_FILES = ["ts", "js", "mjs", "yaml", "yml", "json"].map((type) => `portcullis.config.${type}`);

/** A config that was read from a file and is right as far as can be told without compiling it. */
export interface LoadedConfig {
  readonly config: Config;
  /** The same as it is written. */
  readonly written: unknown;
  readonly source: ConfigSource;
}

/**
 * Reads and checks a config file: TypeScript, JavaScript, YAML or JSON, told apart by the end of its name. Without `path`,
 * the one in `directory` that has a usual name. Throws a `ConfigError` with every mistake, each with its place in the file.
 */
export async function loadConfig(path: string | undefined, directory: string): Promise<LoadedConfig> {
  const file = locateConfig(path, directory);
  const { value: written, source, issues } = await readConfig(file);
  try {
    const config = parseConfig(written);
    if (issues.length === 0) return { config, written, source };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw placeError(new ConfigError([...issues, ...error.issues]), source);
  }
  throw placeError(new ConfigError(issues), source);
}

/** The config's file: `path`, or the one of `directory` that has a usual name. */
export function locateConfig(path: string | undefined, directory: string): string {
  return path === undefined ? findConfig(directory) : resolve(directory, path);
}

/** The same error with the place of every issue in `source`: for what is only found when a config is compiled. */
export function placeError(error: ConfigError, source: ConfigSource): ConfigError {
  return new ConfigError(placeIssues(error.issues, source), source);
}

async function readConfig(file: string): Promise<ReadConfig> {
  const read = readers[extname(file)];
  if (read === undefined) {
    throw failure(`a config is a ${Object.keys(readers).join(", ")} file, and this is ${file}`);
  }
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw failure(
      READ_FAILURES[code]?.(file) ??
        `${file} cannot be read: ${error instanceof Error ? error.message : code}`,
    );
  }
  return read(file, text);
}

const readers: Readonly<Record<string, (file: string, text: string) => Promise<ReadConfig>>> = {
  ".ts": importScript,
  ".js": importScript,
  ".mjs": importScript,
  ".yaml": readYaml,
  ".yml": readYaml,
  ".json": readJson,
};

// The parser of YAML is large, and most configs are scripts.
async function readYaml(file: string, text: string): Promise<ReadConfig> {
  return (await import("./yaml-source.ts")).readYaml(file, text);
}

async function readJson(file: string, text: string): Promise<ReadConfig> {
  return (await import("./yaml-source.ts")).readJson(file, text);
}

const READ_FAILURES: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => `there is no file ${file}`,
  EISDIR: (file) => `${file} is a directory`,
  EACCES: (file) => `${file} may not be read by this user`,
};

function findConfig(directory: string): string {
  const found = CONFIG_FILES.filter((name) => existsSync(join(directory, name)));
  if (found.length === 1) return join(directory, found[0]!);
  if (found.length === 0) {
    throw failure(
      `there is no config in ${directory}`,
      "name a file, or create portcullis.config.ts or .yaml there",
    );
  }
  throw failure(
    `there are several configs in ${directory}: ${found.join(", ")}`,
    "name the one that is meant",
  );
}

function failure(message: string, hint?: string): ConfigError {
  const issue: ConfigIssue = { path: [], message, hint };
  return new ConfigError([issue]);
}
