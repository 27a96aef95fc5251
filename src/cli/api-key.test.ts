import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiKeyPolicy } from "../policies/api-key/policy.ts";
import { apiKeyConfig } from "../policies/api-key/schema.ts";
import { testExchange } from "../testing/exchange.ts";
import { identify } from "../testing/steps.ts";
import { runCommandLine } from "./command-line.ts";
import { testAround } from "../testing/around.ts";

const PEPPER = "a pepper that is long enough, 32 bytes at least";

before(() =>
  Object.assign(process.env, { API_KEY_PEPPER: PEPPER, OTHER_PEPPER: `${PEPPER}!`, SHORT_PEPPER: "short" }),
);
after(() => {
  for (const name of ["API_KEY_PEPPER", "OTHER_PEPPER", "SHORT_PEPPER"]) delete process.env[name];
});

async function call(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(["api-key", ...args], {
    directory: "/",
    stdout: { write: (text) => void (stdout += text), color: false, width: 80 },
    stderr: { write: (text) => void (stderr += text), color: false, width: 80 },
  });
  return { code, stdout, stderr };
}

function callerOf(key: string, entry: unknown, pepper: string) {
  const policy = apiKeyPolicy.create(apiKeyConfig.parse({ pepper, keys: [entry] }), testAround());
  const x = testExchange({ headers: { "x-api-key": key } });
  assert.equal(identify(policy, x), undefined);
  return x.caller;
}

test("a key that was made passes by its entry", async () => {
  const { code, stdout, stderr } = await call(
    ..."new --owner alice --plan pro --scopes a:read,b:write --expires 2027-01-01 --prefix sk_live".split(
      " ",
    ),
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const [, key, entry] =
    /^the key, .* for alice:\n\n {2}(sk_live_\w+)\n\nits entry, .*:\n\n {2}(\{.*\})\n$/.exec(stdout)!;
  assert.equal(stdout.split(key!).length, 2, "the key is shown once");
  assert.ok(!stdout.includes(PEPPER));
  const caller = callerOf(key!, JSON.parse(entry!), PEPPER);
  assert.deepEqual([caller?.id, caller?.plan, caller?.scopes], ["alice", "pro", ["a:read", "b:write"]]);
});

test("as JSON it is one line, and what is not given is not there; another variable may have the pepper", async () => {
  const { code, stdout } = await call("new", "--owner", "Zoë", "--json", "--pepper", "OTHER_PEPPER");
  assert.equal(code, 0);
  assert.equal(stdout.split("\n").length, 2);
  const { key, entry } = JSON.parse(stdout) as { key: string; entry: object };
  assert.deepEqual(Object.keys(entry), ["id", "hash", "owner"]);
  assert.match(key, /^pk_/);
  assert.equal(callerOf(key, entry, `${PEPPER}!`)?.id, "Zoë");
});

const refused: readonly (readonly [args: readonly string[], code: 1 | 2, stderr: RegExp])[] = [
  [["new"], 2, /^error: required option '--owner <name>' not specified/],
  [["new", "--owner", " "], 2, /^error: --owner: expected a text without control characters/],
  [["new", "--owner", "a\nb"], 2, /^error: --owner: expected a text/],
  [["new", "--owner", "a", "--scopes", "a b"], 2, /^error: --scopes: expected a scope/],
  [["new", "--owner", "a", "--scopes", "a,"], 2, /^error: --scopes: expected a scope/],
  [["new", "--owner", "a", "--plan", "a b"], 2, /^error: --plan: expected 1 to 64 letters/],
  [["new", "--owner", "a", "--expires", "tomorrow"], 2, /^error: --expires: expected a date/],
  [["new", "--owner", "a", "--prefix", "PK"], 2, /^error: --prefix is /],
  [["new", "--owner", "a", "--prefix", ""], 2, /^error: --prefix is /],
  [["new", "--owner", "a", "--pepper", PEPPER], 2, /^error: --pepper is the name of an environment variable/],
  [["new", "--owner", "a", "extra"], 2, /^error: too many arguments/],
  [
    ["new", "--owner", "a", "--pepper", "NO_PEPPER"],
    1,
    /^error: the environment variable NO_PEPPER is not set/,
  ],
  [
    ["new", "--owner", "a", "--pepper", "SHORT_PEPPER"],
    1,
    /^error: the pepper in SHORT_PEPPER has 5 bytes; at least 32/,
  ],
  [[], 2, /^Usage: portcullis api-key /],
  [["old"], 2, /^error: unknown command 'old'/],
];
for (const [args, code, message] of refused) {
  test(`portcullis api-key ${args.join(" ").slice(0, 60)} ends with ${code}`, async () => {
    const called = await call(...args);
    assert.match(called.stderr, message);
    assert.deepEqual([called.code, called.stdout], [code, ""]);
    assert.ok(!called.stderr.includes(PEPPER));
  });
}

test("the help of both ends in examples", async () => {
  for (const args of [["--help"], ["new", "--help"]]) {
    const { code, stdout } = await call(...args);
    assert.equal(code, 0);
    assert.match(stdout, /\nExamples:\n( {2}\$ .+\n)+\n?$/);
  }
});
