import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** The path of a file in a directory of its own, which is removed after the test, and what writes to it. */
export function fileOnDisk(
  t: TestContext,
  name: string,
): { readonly path: string; readonly write: (text: string | Buffer) => void } {
  const directory = fs.mkdtempSync(join(tmpdir(), "portcullis-"));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const path = join(directory, name);
  return { path, write: (text) => fs.writeFileSync(path, text) };
}
