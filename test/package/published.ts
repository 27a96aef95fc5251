/** The package as users get it: packed, and installed by npm into a project that has nothing of this repository. */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const LONGEST_MS = 5 * 60_000;

export interface Published {
  /** The package's file, as the registry would get it. */
  readonly tarball: string;
  /** A folder in which it is installed. */
  readonly project: string;
  /** What the command `portcullis` runs there. */
  readonly main: string;
}

/** npm could not do what it was asked for; the message ends in npm's own words. */
export class NpmError extends Error {}

/** Packs the package and installs it in `folder`, with `packages` beside it. Throws a `NpmError`, also where no registry can be asked. */
export function publishInto(folder: string, packages: readonly string[] = []): Published {
  runNpm(["pack", "--pack-destination", folder], ROOT);
  const [file] = globSync("portcullis-*.tgz", { cwd: folder });
  if (file === undefined) throw new NpmError(`npm pack has put no file into ${folder}`);
  const tarball = join(folder, file);
  const project = join(folder, "project");
  install(project, [tarball, ...packages]);
  return { tarball, project, main: join(project, "node_modules/portcullis/dist/cli/main.js") };
}

/** Installs packages from the registry or from files into a new folder. Throws a `NpmError`. */
export function install(folder: string, packages: readonly string[]): void {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  runNpm(["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages], folder);
}

function runNpm(args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync("npm", args, { cwd, encoding: "utf8", timeout: LONGEST_MS });
  if (status === 0) return;
  const words = error?.message ?? stderr.trim();
  throw new NpmError(
    `npm ${args[0]} has failed (it needs a registry, or all packages in its cache): ${words}`,
  );
}
