/** The imports of this repository's sources, read as text: for tests that hold its conventions. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path from the repository's root, for an import of a file. */
  readonly target: string | undefined;
  /** Whether it is erased when the file runs: `import type`, `export type`. */
  readonly isOfTypes: boolean;
}

export const root = join(import.meta.dirname, "..");
export const files = globSync("src/**/*.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
/** What is published. */
export const sources = files.filter((file) => !file.endsWith(".test.ts"));
export const imports = files.flatMap(readImports);
export const ofSources = imports.filter(
  ({ file }) => !file.endsWith(".test.ts") && !file.startsWith("src/testing/"),
);

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)(\s+type)?\s[^;]*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g,
  );
  return [...found].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4]!;
    const target = specifier.startsWith(".")
      ? normalize(join(dirname(file), specifier)).replaceAll("\\", "/")
      : undefined;
    return { file, specifier, target, isOfTypes: match[1] !== undefined };
  });
}
