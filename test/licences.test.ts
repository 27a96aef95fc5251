/** What the published package brings along may be used by anybody; read from what is installed, without a network. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
]);

interface Package {
  readonly license?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");

function readPackage(directory: string): Package {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Package;
}

/** Where Node finds `name` for a module in `from`. */
function locate(name: string, from: string): string | undefined {
  for (let directory = from; directory.startsWith(root); directory = join(directory, "..")) {
    const candidate = join(directory, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  return undefined;
}

/** Directories of all production dependencies, however deep; those that are optional where they are installed. */
function collect(directory: string, found: Set<string>): Set<string> {
  const { dependencies = {}, optionalDependencies = {} } = readPackage(directory);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const at = locate(name, directory);
    if (at === undefined && name in optionalDependencies) continue;
    assert.ok(at !== undefined, `${name}, of ${directory}, is not installed`);
    if (found.has(at)) continue;
    found.add(at);
    collect(at, found);
  }
  return found;
}

/** One of the licences, where there is a choice. */
function isAllowed(licence: unknown): boolean {
  if (typeof licence !== "string") return false;
  return licence
    .replace(/^\(|\)$/g, "")
    .split(" OR ")
    .some((one) => ALLOWED.has(one));
}

test("every production dependency has a licence of the list", () => {
  const directories = [...collect(root, new Set())];
  assert.ok(directories.length > 20, `only ${directories.length} were found`);
  const wrong = directories.filter((directory) => !isAllowed(readPackage(directory).license));
  assert.deepEqual(wrong, []);
});

test("what is installed for production is what the lock file says, and all of it", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly license?: string; readonly version?: string }>>;
  };
  for (const directory of collect(root, new Set())) {
    const key = directory.slice(root.length + 1).replaceAll("\\", "/");
    assert.ok(isAllowed(packages[key]?.license), `${key} is not in the lock file with a licence of the list`);
  }
});

for (const [licence, allowed] of [
  ["MIT", true],
  ["(MIT OR GPL-3.0)", true],
  ["GPL-3.0", false],
  ["MIT AND GPL-3.0", false],
  ["SEE LICENSE IN LICENSE", false],
  [undefined, false],
] as const) {
  test(`${licence ?? "no licence"} is ${allowed ? "" : "not "}allowed`, () => {
    assert.equal(isAllowed(licence), allowed);
  });
}
