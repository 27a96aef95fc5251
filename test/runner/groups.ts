import { join } from "node:path";
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

const RUN_FILES = JSON.stringify(new URL("run-files.ts", import.meta.url).href);

/** The program that runs a group of files of a directory. */
export function writeEntry(directory: string, { paths, covered }: Group): string {
  const lines = paths.map((path) => {
    const url = pathToFileURL(join(directory, path)).href;
    return `  [${JSON.stringify(path)}, () => import(${JSON.stringify(url)})],\n`;
  });
  return `import { runFiles } from ${RUN_FILES};
runFiles(${covered}, new URL("compile-cache", import.meta.url), [
${lines.join("")}]);
`;
}
