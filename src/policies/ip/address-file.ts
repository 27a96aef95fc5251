import { PolicyConfigError } from "../../core/policy.ts";
import { readTextFile, TextFileError } from "../../host/text-file.ts";
import { readRanges, type AddressRange } from "../../lib/address-ranges.ts";

/** About a million lines. */
const FILE_BYTES = 32 * 1024 * 1024;

/** Reads a list of addresses and networks, one a line; `option` is what names the file. The first mistake is told with its line. */
export function readAddressFile(option: "allowFile" | "denyFile", path: string): AddressRange[] {
  const ranges: AddressRange[] = [];
  const lines = readLines(option, path);
  for (const [index, line] of lines.entries()) {
    const comment = line.indexOf("#");
    const text = (comment === -1 ? line : line.slice(0, comment)).trim();
    if (text === "") continue;
    const read = readRanges(text);
    if ("problem" in read) {
      throw new PolicyConfigError(`${path}:${index + 1}: ${read.problem}`, [option], read.hint);
    }
    ranges.push(...read.ranges);
  }
  return ranges;
}

function readLines(option: string, path: string): string[] {
  try {
    return readTextFile(path, FILE_BYTES).split("\n");
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error;
    throw new PolicyConfigError(`the file ${path} ${error.message}`, [option]);
  }
}
