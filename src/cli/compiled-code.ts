import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * What of the environment says how it is to be. And while coverage is counted there is no cache: Node.js counts less exactly what
 * ran of code that it did not compile itself.
 */
const SETTINGS = ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE"];

/**
 * Lets Node.js keep for the next start what it compiles: in the package's own folder, and only where that belongs to the user who runs
 * this. So code can only be put there by those who can put it into the package; the usual place, below /tmp, is anybody's. Where the
 * folder cannot be written there is no cache, and a start takes longer.
 */
export function keepCompiledCode(): void {
  if (SETTINGS.some((name) => process.env[name] !== undefined)) return;
  const own = fileURLToPath(new URL("../..", import.meta.url));
  const directory = fileURLToPath(new URL("../../.compile-cache", import.meta.url));
  try {
    // Root would leave a folder in it that its owner cannot remove. Windows has no numbers of users: both are 0 there.
    if (statSync(own).uid !== (process.geteuid?.() ?? 0)) return;
    // What is compiled has the texts that a config has, secrets among them.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch {
    return;
  }
  enableCompileCache(directory);
}
