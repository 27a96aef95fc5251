import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Payload } from "./payloads.ts";

/** Requests that are kept byte for byte, one in a file `*.req`, as in the lists of Grenfeldt and others for their thesis. */
export function readRequestFiles(folder: string): Payload[] {
  return globSync("**/*.req", { cwd: folder })
    .toSorted()
    .map((file) => ({ name: file, bytes: readFileSync(join(folder, file), "latin1") }));
}
