import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { runCommandLine } from "./command-line.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "portcullis-cli-"));
  await writeFile(join(directory, "portcullis.config.yaml"), "routes: [{ path: /, handler: index }]\n");
  await writeFile(join(directory, "none.yaml"), "routes: []\n");
  await writeFile(join(directory, "wrong.yaml"), "routes: []\ndrain: 5\nname: a b\n");
  await writeFile(
    join(directory, "late.yaml"),
    "policies: { jwt: { secret: short, algorithms: [HS256] } }\nroutes: []\n",
  );
});
after(() => rm(directory, { recursive: true }));

async function call(
  args: readonly string[],
  color = false,
): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(args, {
    directory,
    stdout: { write: (text) => void (stdout += text), color, width: 80 },
    stderr: { write: (text) => void (stderr += text), color, width: 80 },
  });
  return { code, stdout, stderr };
}

const calls: readonly {
  readonly args: readonly string[];
  readonly code: 0 | 1 | 2;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
}[] = [
  { args: ["check"], code: 0, stdout: /^the config is right: 1 route, 0 services\n$/ },
  { args: ["check", "none.yaml"], code: 0, stdout: /^the config is right: 0 routes, 0 services\n$/ },
  {
    args: ["check", "wrong.yaml"],
    code: 1,
    stderr: /^wrong\.yaml:2:8 - error: .*\n\n {2}2 \| drain: 5\n {13}\^\n/,
  },
  { args: ["check", "late.yaml"], code: 1, stderr: /^late\.yaml:1:28 - error: the secret has 5 bytes/ },
  { args: ["run", "late.yaml"], code: 1, stderr: /^late\.yaml:1:28 - error: the secret has 5 bytes.*\n$/ },
  { args: ["check", "nope.yaml"], code: 1, stderr: /^error: there is no file .*nope\.yaml\n$/ },
  {
    args: ["run", "wrong.yaml"],
    code: 1,
    stderr: /^wrong\.yaml:2:8 - error: .*\nwrong\.yaml:3:7 - error: .*\n$/,
  },
  { args: ["run", "nope.yaml"], code: 1, stderr: /^error: there is no file .*nope\.yaml\n$/ },
  { args: ["--version"], code: 0, stdout: /^\d+\.\d+\.\d+\n$/ },
  { args: ["help", "check"], code: 0, stdout: /^Usage: portcullis check / },
  { args: [], code: 2, stderr: /^Usage: portcullis / },
  { args: ["chekc"], code: 2, stderr: /^error: unknown command 'chekc'\n\(Did you mean check\?\)/ },
  { args: ["check", "--quick"], code: 2, stderr: /^error: unknown option '--quick'/ },
  { args: ["check", "a", "b"], code: 2, stderr: /^error: too many arguments/ },
];
for (const { args, code, stdout = /^$/, stderr = /^$/ } of calls) {
  it(`portcullis ${args.join(" ")} ends with ${code}`, async () => {
    const called = await call(args);
    assert.match(called.stdout, stdout);
    assert.match(called.stderr, stderr);
    assert.equal(called.code, code);
  });
}

const escape = String.fromCharCode(27);

it("writes colours where they are wanted, and nowhere else", async () => {
  assert.match((await call(["check", "wrong.yaml"], true)).stderr, new RegExp(`${escape}\\[31merror`));
  assert.doesNotMatch((await call(["check", "wrong.yaml"])).stderr, new RegExp(escape));
});
