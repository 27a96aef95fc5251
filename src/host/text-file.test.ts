import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readTextFile } from "./text-file.ts";

describe("a file that a config names", () => {
  let directory: string;
  before(async () => void (directory = await mkdtemp(join(tmpdir(), "portcullis-text-"))));
  after(() => rm(directory, { recursive: true }));

  it("is read without the mark that some editors put at its beginning", async () => {
    const file = join(directory, "marked.txt");
    await writeFile(file, "\uFEFFäöü\n");
    assert.equal(readTextFile(file, 10), "äöü\n");
  });

  const failures: readonly [name: string, content: string | Uint8Array | undefined, message: RegExp][] = [
    ["missing.txt", undefined, /^does not exist$/],
    [".", undefined, /^is a directory$/],
    ["large.txt", "12345678901", /^is larger than 10 bytes$/],
    ["latin1.txt", Uint8Array.of(0xe4), /^is not UTF-8$/],
    ["nul\0.txt", undefined, /^cannot be read \(ERR_INVALID_ARG_VALUE\)$/],
  ];
  for (const [name, content, message] of failures) {
    it(`${JSON.stringify(name)} is refused`, async () => {
      const file = `${directory}/${name}`;
      if (content !== undefined) await writeFile(file, content);
      assert.throws(() => readTextFile(file, 10), { name: "TextFileError", message });
    });
  }

  it("is no device and no pipe, which may have no end", () => {
    assert.throws(() => readTextFile("/dev/null", 10), { message: "is no regular file" });
    assert.throws(() => readTextFile("/dev/null/below", 10), { message: "does not exist" });
  });
});
