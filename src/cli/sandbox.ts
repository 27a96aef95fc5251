import { existsSync, realpathSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, extname, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "../config/issue.ts";
import { loadConfig, locateConfig } from "../config/load.ts";
import { configSchema } from "../config/schema.ts";
import { lookAtScript } from "../config/static-look.ts";
import { filesIn } from "../lib/file-field.ts";
import type { Terminal } from "./terminal.ts";

/** Node.js 24 leaves the network out of its permission model, and knows no such option. */
const NETWORK = process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : [];

/**
 * Replaces this process by one under Node's permission model: network, the files that gateway and config are made of, and the
 * log's file; no other files, programs, threads or addons. Returns at once where that has happened. A config in TypeScript is
 * only read before, never run: its own code is what the sandbox is for.
 */
export async function enterSandbox(path: string | undefined, terminal: Terminal): Promise<void> {
  if (process.permission !== undefined) return;
  const config = locateConfig(path, terminal.directory);
  const needs = await findNeeds(config, terminal.directory);
  const { stderr } = terminal;
  stderr.write("sandbox: network\n");
  for (const file of needs.read) stderr.write(`sandbox: read ${file}\n`);
  for (const file of needs.written) stderr.write(`sandbox: write ${file}\n`);
  const flags = [
    "--permission",
    ...NETWORK,
    // That the permission of the network may still change is nothing that whoever starts a gateway can do something about.
    "--disable-warning=ExperimentalWarning",
    ...needs.read.map((file) => `--allow-fs-read=${file}`),
    ...needs.written.map((file) => `--allow-fs-write=${file}`),
  ];
  // The file by its name: in there, nobody can look which one is meant.
  const args = [realpathSync(process.argv[1]!), "run", "--sandbox", config];
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...flags, ...args]);
  throw new ConfigError([{ path: [], message: "--sandbox is not available on this system" }]);
}

interface Needs {
  readonly read: readonly string[];
  readonly written: readonly string[];
}

async function findNeeds(file: string, directory: string): Promise<Needs> {
  const read = new Set(programFiles());
  const destinations = new Set<string>();
  const files = new Set<string>();
  if (/^\.(?:ts|js|mjs)$/.test(extname(file))) addScript(file, read, destinations, files);
  else {
    read.add(file);
    const { config, written } = await loadConfig(file, directory);
    destinations.add(config.log.destination);
    for (const name of filesIn(configSchema, written)) files.add(name);
  }
  destinations.delete("stdout");
  destinations.delete("stderr");
  for (const name of files) read.add(resolve(directory, name));
  return { read: [...read], written: [...destinations].map((name) => resolve(directory, name)) };
}

/** The gateway's own files, and the folder in which its dependencies are. */
function programFiles(): string[] {
  const own = fileURLToPath(new URL("../..", import.meta.url));
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const dependency = findPackageJSON("commander", import.meta.url);
  return [
    folder.replace(/[\\/]$/, ""),
    resolve(own, "package.json"),
    ...(dependency === undefined ? [] : [modulesOf(dependency)]),
  ];
}

/** A script with all that it imports by a literal name; packages with everything that lies beside them. */
function addScript(file: string, read: Set<string>, destinations: Set<string>, files: Set<string>): void {
  if (read.has(file)) return;
  read.add(file);
  const near = findPackageJSON(pathToFileURL(file));
  if (near !== undefined) read.add(near);
  const look = lookAtScript(file);
  for (const name of look.destinations) destinations.add(name);
  for (const name of look.files) files.add(name);
  for (const name of look.imports) {
    if (name.startsWith("node:")) continue;
    if (/^\.{0,2}\//.test(name)) {
      const imported = resolve(dirname(file), name);
      if (existsSync(imported)) addScript(imported, read, destinations, files);
      continue;
    }
    const found = findPackageOf(name, file);
    if (found !== undefined) read.add(modulesOf(found));
  }
}

function findPackageOf(name: string, file: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(file));
  } catch {
    return undefined;
  }
}

/** The outermost folder of packages that a package's file is in; its own folder for one that is in none. */
function modulesOf(packageFile: string): string {
  const parts = dirname(realpathSync(packageFile)).split(sep);
  const at = parts.lastIndexOf("node_modules");
  return at === -1 ? parts.join(sep) : parts.slice(0, at + 1).join(sep);
}
