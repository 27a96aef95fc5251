import assert from "node:assert/strict";
import { after, before, suite } from "node:test";
import { fileURLToPath } from "node:url";
import { stopCoverage } from "node:v8";

/**
 * Runs test files in this process, one after the other, each as a suite of its name: so its hooks are its own. Processes that they
 * start leave in `compileCache` what they compiled. What is not covered is not counted here, nor in those.
 */
export function runFiles(
  covered: boolean,
  compileCache: URL,
  files: readonly (readonly [path: string, load: () => Promise<unknown>])[],
): void {
  if (!covered) {
    stopCoverage();
    delete process.env["NODE_V8_COVERAGE"];
  }
  process.env["NODE_COMPILE_CACHE"] = fileURLToPath(compileCache);
  for (const [path, load] of files) {
    void suite(path, async () => {
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
