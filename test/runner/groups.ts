import { pathToFileURL } from "node:url";

export interface TestFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** What a file says that must not share its process, at the beginning of a line, and why. What it covers is not counted. */
const ALONE = /^\/\/ In a process of its own: \S/m;

/** Files that share a process. */
export interface Group {
  readonly paths: readonly string[];
  readonly covered: boolean;
}

/**
 * First the single files that want to be alone, which take the longest, then `count` groups of the rest. Neighbours, which are about
 * the same, are dealt out, so that groups take about as long as each other.
 */
export function formGroups(files: readonly TestFile[], count: number): Group[] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const alone = sorted.filter(({ text }) => ALONE.test(text));
  const rest = sorted.filter(({ text }) => !ALONE.test(text));
  return [
    ...alone.map(({ path }) => ({ paths: [path], covered: false })),
    ...Array.from({ length: Math.min(count, rest.length) }, (_, index) => ({
      paths: rest.filter((_file, at) => at % count === index).map(({ path }) => path),
      covered: true,
    })),
  ];
}

/** The program that runs a group. */
export function writeEntry(root: string, { paths, covered }: Group): string {
  const urlOf = (path: string): string => JSON.stringify(pathToFileURL(`${root}/${path}`).href);
  const lines = paths.map((path) => `  [${JSON.stringify(path)}, () => import(${urlOf(path)})],\n`);
  return `import { runFiles } from ${urlOf("test/runner/run-files.ts")};
runFiles(${covered}, new URL("compile-cache", import.meta.url), [
${lines.join("")}]);
`;
}
