import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lookAtScript } from "./static-look.ts";

const scripts: readonly (readonly [what: string, text: string, files: readonly string[]])[] = [
  [
    "the file of a policy",
    `export default { policies: { apiKey: { pepper: "p", file: "./keys.json" } } };`,
    ["./keys.json"],
  ],
  [
    "those of routes in groups",
    `const a: number = 1; export default { routes: [{ prefix: "/a", routes: [{ policies: { apiKey: { file: "a.json" } } }], policies: { apiKey: { file: "b.yaml" } } }] };`,
    ["a.json", "b.yaml"],
  ],
  [
    "lists of addresses and schemas",
    `export default { policies: { ip: { allowFile: "a.txt", denyFile: "b.txt" }, validate: { body: { schemaFile: "c.json" } } } };`,
    ["a.txt", "b.txt", "c.json"],
  ],
  [
    "those of names in quotes",
    `export default { "policies": { "jwt": { "revokedFile": "a.json" }, 'apiKey': { 'file': 'b.json' } } };`,
    ["a.json", "b.json"],
  ],
  [
    "no file of anything else",
    `export default { file: "a", other: { file: "b" }, apiKey: { nested: { file: "c" } } };`,
    [],
  ],
  [
    "no name that is computed",
    "const n = 'a'; export default { apiKey: { file: n, ['file']: 'b', [file]: 'c' } };",
    [],
  ],
  ["nothing of what cannot be read", "export default {", []],
];
for (const [what, text, files] of scripts) {
  test(`finds ${what}`, (t) => {
    const directory = mkdtempSync(join(tmpdir(), "portcullis-look-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "portcullis.config.ts");
    writeFileSync(file, text);
    assert.deepEqual(lookAtScript(file).files.toSorted(), files);
  });
}
