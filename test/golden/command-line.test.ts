import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { describe, it } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { assertGolden } from "./golden.ts";

const directory = fileURLToPath(new URL("configs", import.meta.url));

async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(args, {
    directory,
    stdout: { write: (text) => void (stdout += text), color: false, width: 80 },
    stderr: { write: (text) => void (stderr += text), color: false, width: 80 },
  });
  return { code, stdout, stderr };
}

describe("check of a config that is wrong in ten ways", () => {
  for (const name of ["wrong.yaml", "wrong.json", "wrong.config.ts"]) {
    it(name, async () => {
      const { code, stdout, stderr } = await run("check", name);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^10 errors in /m);
      await assertGolden(`check.${name}.txt`, stderr);
    });
  }
});

describe("help", () => {
  for (const command of ["", "run", "check", "schema", "keys", "keys new"]) {
    it(command === "" ? "of all" : `of ${command}`, async () => {
      const { code, stdout, stderr } = await run(...command.split(" ").filter(Boolean), "--help");
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /\nExamples:\n( {2}\$ .+\n)+\n?$/);
      await assertGolden(`help${command === "" ? "" : `.${command.replace(" ", ".")}`}.txt`, stdout);
    });
  }
});

it("schema", async () => {
  const { code, stdout, stderr } = await run("schema");
  assert.deepEqual([code, stderr], [0, ""]);
  await assertGolden("schema.txt", stdout);
});
