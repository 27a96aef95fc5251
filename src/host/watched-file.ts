import { hash } from "node:crypto";
import fs from "node:fs";
import type { Clock } from "./host.ts";

/** What a look at a file found: its bytes, or why there are none. */
export type FileContent =
  | { readonly bytes: Buffer; readonly problem?: undefined }
  | { readonly problem: string };

const CHECK_MS = 2000;

/** Without it, opening a pipe waits for somebody who writes. */
const OPEN = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/**
 * A file that others replace while the gateway runs. It is looked at every two seconds, by its name: notifications of the system
 * are about what the name stood for, and miss what matters, such as Kubernetes, which swaps a symbolic link two levels above
 * (`keys.json -> ..data/keys.json`, `..data -> ..2026_11_24`), editors, which put a new file in the old one's place, and network drives.
 */
export class WatchedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #stamp = "";
  #digest = "";
  /** Nothing was seen to change since a look that came a while after the last change. */
  #settled = false;
  #checking = false;
  #stop: (() => void) | undefined = undefined;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Reads it now. */
  read(): FileContent {
    const { stamp, content } = readBounded(this.#path, this.#maxBytes);
    this.#stamp = stamp;
    this.#digest = content.problem ?? hash("sha256", content.bytes, "base64");
    return content;
  }

  /** Calls `changed` each time when it holds something else than what was read last, or can no longer be read, or can again. */
  watch(clock: Clock, changed: (content: FileContent) => void): void {
    this.#stop = clock.every(CHECK_MS, () => this.#check(changed));
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #check(changed: (content: FileContent) => void): void {
    // A drive that hangs gets one look, and not one more every two seconds.
    if (this.#checking) return;
    this.#checking = true;
    fs.stat(this.#path, { bigint: true }, (error, stats) => {
      this.#checking = false;
      if (this.#stop === undefined) return;
      const stamp = error === null ? stampOf(stats) : String(error.code);
      if (this.#settled && stamp === this.#stamp) return;
      const [stampBefore, digestBefore] = [this.#stamp, this.#digest];
      const content = this.read();
      // A file that is written twice within a tick of its system's clock has one stamp for two contents: so it is read once
      // more after a change, when a change after that would have another stamp.
      this.#settled = this.#stamp === stampBefore;
      if (this.#digest !== digestBefore) changed(content);
    });
  }
}

/** What differs between two contents of one name: another file, or another time. */
function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): string {
  return `${dev}/${ino}/${size}/${mtimeNs}/${ctimeNs}`;
}

function readBounded(path: string, maxBytes: number): { stamp: string; content: FileContent } {
  let file: number;
  try {
    file = fs.openSync(path, OPEN);
  } catch (error) {
    const code = codeOf(error);
    return { stamp: code, content: { problem: PROBLEMS[code] ?? `it cannot be opened (${code})` } };
  }
  try {
    // Of the file that is open, and not of what has its name by now.
    const stats = fs.fstatSync(file, { bigint: true });
    const stamp = stampOf(stats);
    if (!stats.isFile()) return { stamp, content: { problem: "it is no regular file" } };
    const bytes = stats.size > maxBytes ? undefined : readUpTo(file, maxBytes);
    if (bytes === undefined) return { stamp, content: { problem: `it is larger than ${maxBytes} bytes` } };
    return { stamp, content: { bytes } };
  } catch (error) {
    return { stamp: "", content: { problem: `it cannot be read (${codeOf(error)})` } };
  } finally {
    fs.closeSync(file);
  }
}

/** All of the file; undefined where that is more than `maxBytes`, which may only show while it is read. */
function readUpTo(file: number, maxBytes: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  let total = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(Math.min(65_536, maxBytes + 1 - total));
    const length = fs.readSync(file, piece);
    if (length === 0) return Buffer.concat(pieces, total);
    pieces.push(piece.subarray(0, length));
    total += length;
    if (total > maxBytes) return undefined;
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is no regular file",
  ELOOP: "its symbolic links lead in a circle",
  EACCES: "it may not be read by this user",
  ERR_ACCESS_DENIED: "it may not be read in the sandbox: its name must stand in the config as a text",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
