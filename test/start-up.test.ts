/** What a start waits for: each file of a package costs a third of a millisecond, and some packages have a hundred. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

/** An import of it makes Node.js load its client for WebSocket, which takes longer than all of `portcullis --help`. */
const SLOW: ReadonlySet<string> = new Set(["node:http"]);

const root = join(import.meta.dirname, "..");

interface Loaded {
  readonly packages: readonly string[];
  /** Of `src`. */
  readonly folders: readonly string[];
}

/** What is loaded with a file: what it imports, and what that does, but nothing that is imported only when it is called for. */
function loadedWith(file: string): Loaded {
  const packages = new Set<string>();
  const folders = new Set<string>();
  const files = new Set([join(root, file)]);
  for (const name of files) {
    folders.add(relative(join(root, "src"), dirname(name)).split("/")[0]!);
    const plain = stripTypeScriptTypes(readFileSync(name, "utf8"));
    for (const [, specifier] of plain.matchAll(/^(?:import|export)\s(?:[^;=("]*\sfrom\s)?"([^"]+)"/gm)) {
      if (specifier!.startsWith(".")) files.add(join(dirname(name), specifier!));
      else if (!specifier!.startsWith("node:") || SLOW.has(specifier!)) packages.add(specifier!);
    }
  }
  return { packages: [...packages].toSorted(), folders: [...folders].toSorted() };
}

test("the help waits for no schema, no policy, and no gateway", () => {
  const { packages, folders } = loadedWith("src/cli/command-line.ts");
  assert.deepEqual(packages, ["commander"]);
  assert.deepEqual(folders, ["cli", "config", "lib"]);
});

test("what few configs need is loaded for those alone", () => {
  const always = ["jose/errors", "jose/jws/compact/verify", "jose/jwt/sign", "negotiator", "zod"];
  for (const file of ["src/index.ts", "src/cli/check.ts", "src/cli/run.ts"]) {
    assert.deepEqual(loadedWith(file).packages, always, file);
  }
});
