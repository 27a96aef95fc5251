/** `npm run docs`: writes `docs/reference` anew. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { referencePages } from "./pages.ts";

const directory = join(import.meta.dirname, "../reference");
await mkdir(directory, { recursive: true });
for (const [name, text] of Object.entries(await referencePages()))
  await writeFile(join(directory, name), text);
