import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-compiled-")));
const program = `process.umask(0);
const { keepCompiledCode } = await import("./src/cli/compiled-code.ts");
keepCompiledCode();
console.log(process.getBuiltinModule("node:module").getCompileCacheDir());`;

after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder as that of the package, with the module in its place. */
function createPackage(name: string): string {
  const own = join(folder, name);
  mkdirSync(join(own, "src/cli"), { recursive: true });
  cpSync(join(import.meta.dirname, "compiled-code.ts"), join(own, "src/cli/compiled-code.ts"));
  return own;
}

/** Where compiled code is kept for a process of the package; "undefined" for nowhere. */
function findCache(
  own: string,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): string {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  const args = [...flags, "--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: own,
    encoding: "utf8",
    // Left out, it would be that of the tests.
    env: { ...env, NODE_V8_COVERAGE: undefined, ...settings },
  });
  assert.equal(stderr, "");
  return stdout.trim();
}

test("it is kept in the package's folder, closed to other users whatever the umask", () => {
  const own = createPackage("own");
  const cache = join(own, ".compile-cache");
  assert.ok(findCache(own).startsWith(cache));
  assert.ok(findCache(own).startsWith(cache), "the next time as well");
  if (process.platform !== "win32") assert.equal(statSync(cache).mode & 0o777, 0o700);
});

test("what the environment says stands", () => {
  const own = createPackage("settings");
  const other = join(folder, "other");
  assert.ok(findCache(own, { NODE_COMPILE_CACHE: other }).startsWith(other));
  assert.equal(findCache(own, { NODE_DISABLE_COMPILE_CACHE: "1" }), "undefined");
  assert.equal(findCache(own, { NODE_V8_COVERAGE: join(folder, "coverage") }), "undefined");
  assert.ok(!existsSync(join(own, ".compile-cache")));
});

test("a package that cannot be written has none, and says nothing of it", () => {
  const own = createPackage("read-only");
  assert.equal(findCache(own, {}, ["--permission", `--allow-fs-read=${own}`]), "undefined");
});

test(
  "another user's package has none",
  { skip: process.geteuid?.() !== 0 && "only root can give a folder away" },
  () => {
    const own = createPackage("foreign");
    chownSync(own, 1, 1);
    assert.equal(findCache(own), "undefined");
    assert.ok(!existsSync(join(own, ".compile-cache")));
  },
);
