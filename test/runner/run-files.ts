import assert from "node:assert/strict";
import { after, before, suite } from "node:test";

/** Runs test files in this process, one after the other, each as a suite of its name: so its hooks are its own. */
export function runFiles(files: readonly (readonly [path: string, load: () => Promise<unknown>])[]): void {
  // What is covered here counts. Processes that tests start would each write megabytes about the same lines.
  delete process.env["NODE_V8_COVERAGE"];
  for (const [path, load] of files) {
    // oxlint-disable-next-line typescript/no-floating-promises -- it is told to the runner
    suite(path, async () => {
      let found: unknown;
      before(() => void (found = lookAround()));
      await load();
      after(() => assert.deepEqual(lookAround(), found, "a test file leaves the process as it found it"));
    });
  }
}

/** What one file could change for the next. */
function lookAround(): unknown {
  return { environment: { ...process.env }, directory: process.cwd(), globals: Reflect.ownKeys(globalThis) };
}
