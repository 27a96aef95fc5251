import assert from "node:assert/strict";
import { it } from "node:test";
import { readPrivateKey } from "../lib/private-key.ts";
import { SIGNATURE_ALGORITHMS } from "../lib/signature-algorithms.ts";
import { runCommandLine } from "./command-line.ts";

async function call(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(["keys", ...args], {
    directory: "/",
    stdout: { write: (text) => void (stdout += text), color: false, width: 80 },
    stderr: { write: (text) => void (stderr += text), color: false, width: 80 },
  });
  return { code, stdout, stderr };
}

for (const algorithm of SIGNATURE_ALGORITHMS) {
  it(`keys new makes a key that signs with ${algorithm}`, async () => {
    const { code, stdout, stderr } = await call("new", "--algorithm", algorithm);
    assert.equal(code, 0);
    assert.match(stdout, /^[^\n]+\n$/);
    const { alg, use, kid } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([alg, use], [algorithm, "sig"]);
    const read = readPrivateKey(stdout, algorithm);
    assert.ok(!("problem" in read));
    assert.equal(kid, read.thumbprint);
    assert.equal(stderr, `kid: ${read.thumbprint}\n`);
  });
}

it("keys new makes another ES256 key each time", async () => {
  const [a, b] = [await call("new"), await call("new")];
  assert.equal((JSON.parse(a.stdout) as Record<string, unknown>)["alg"], "ES256");
  assert.notEqual(a.stdout, b.stdout);
});

it("keys is called wrongly without a command, or with an algorithm that is none of its own", async () => {
  assert.equal((await call()).code, 2);
  const { code, stdout, stderr } = await call("new", "--algorithm", "HS256");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /Allowed choices are ES256/);
});
