import { readFileSync, statSync } from "node:fs";

/** Why a file cannot be read, in words that follow its name. */
const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EISDIR: "is a directory",
  EACCES: "may not be read by this user",
  ERR_ACCESS_DENIED: "may not be read in the sandbox, which only knows files that are named by literal texts",
};

/** A file that a config names and that cannot be used; the message is a sentence without the file's name. */
export class TextFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TextFileError";
  }
}

/**
 * The text of a file that a config names, relative to the working directory; for what is read once, when a config is loaded.
 * Throws a `TextFileError` for what is no file of at most `limitBytes` of UTF-8: a pipe could hold everything up, and a
 * character that is replaced could make another entry of it.
 */
export function readTextFile(path: string, limitBytes: number): string {
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new TextFileError(FAILURES["EISDIR"]!);
    if (!status.isFile()) throw new TextFileError("is no regular file");
    if (status.size > limitBytes) throw new TextFileError(`is larger than ${limitBytes} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TextFileError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw new TextFileError("is not UTF-8");
    throw new TextFileError(FAILURES[code] ?? `cannot be read (${code})`);
  }
}
