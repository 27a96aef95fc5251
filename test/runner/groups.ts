import { pathToFileURL } from "node:url";

export interface TestFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** What a file says that must not share its process, at the beginning of a line, and why. */
const ALONE = /^\/\/ In a process of its own: \S/m;

/**
 * Files that share a process each: first the single ones of those that say so, which take the longest, then `count` groups of the rest.
 * Neighbours, which are about the same, are dealt out, so that groups take about as long as each other.
 */
export function formGroups(files: readonly TestFile[], count: number): string[][] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const alone = sorted.filter(({ text }) => ALONE.test(text)).map(({ path }) => [path]);
  const rest = sorted.filter(({ text }) => !ALONE.test(text)).map(({ path }) => path);
  const groups = Array.from({ length: Math.min(count, rest.length) }, (_, index) =>
    rest.filter((_path, at) => at % count === index),
  );
  return [...alone, ...groups];
}

/** The program that runs a group. */
export function writeEntry(root: string, group: readonly string[]): string {
  const urlOf = (path: string): string => JSON.stringify(pathToFileURL(`${root}/${path}`).href);
  const lines = group.map((path) => `  [${JSON.stringify(path)}, () => import(${urlOf(path)})],\n`);
  return `import { runFiles } from ${urlOf("test/runner/run-files.ts")};\nrunFiles([\n${lines.join("")}]);\n`;
}
