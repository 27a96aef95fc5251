/**
 * `npm test`: every test file of the repository. Most of what a process of its own costs a file is the start, so files are run in groups, a
 * process each, and a file that needs one for itself says so. Options of Node's test runner can be given.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { formGroups, writeEntry } from "./groups.ts";

const root = join(import.meta.dirname, "../..");
const files = globSync("{src,test,examples,bench,fuzz}/**/*.test.ts", {
  cwd: root,
  exclude: (name) => name === "node_modules",
}).map((file) => ({
  path: file.replaceAll("\\", "/"),
  text: readFileSync(join(root, file), "utf8"),
}));

const directory = mkdtempSync(join(tmpdir(), "portcullis-tests-"));
try {
  // More than one a core, since none takes as long as another.
  const entries = formGroups(files, 2 * availableParallelism()).map((group, index) => {
    const entry = join(directory, `${index + 10_000}.mjs`);
    writeFileSync(entry, writeEntry(root, group));
    return entry;
  });
  const { status } = spawnSync(
    process.execPath,
    [
      "--conditions=portcullis-source",
      "--test",
      `--test-concurrency=${availableParallelism()}`,
      "--experimental-test-coverage",
      "--test-coverage-include=src/**/*.ts",
      "--test-coverage-exclude=**/*.test.ts",
      ...process.argv.slice(2),
      ...entries,
    ],
    { cwd: root, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
