import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";

/** Compares `text` with the golden file `name`; with `UPDATE_GOLDEN=1` in the environment, records it instead. */
export async function assertGolden(name: string, text: string): Promise<void> {
  const file = new URL(name, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(file, text);
  assert.equal(text, await readFile(file, "utf8"), `${name} differs: UPDATE_GOLDEN=1 records it anew`);
}
