import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { hashSecret } from "../../lib/secret-hash.ts";
import { fileOnDisk } from "../../testing/file-on-disk.ts";
import { lookAtFiles } from "../../testing/look-at-files.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { basicPolicy } from "./policy.ts";
import { basicConfig } from "./schema.ts";
import { aliceHash, ask, basic, createPolicy, right, users } from "./testing.ts";
import { testAround } from "../../testing/around.ts";
import { fileFieldsOf } from "../../lib/file-field.ts";

const carol = { name: "carol", passwordHash: await hashSecret("first") };
const changed = { ...carol, passwordHash: await hashSecret("second") };
const [first, second] = [basic("carol", "first"), basic("carol", "second")];
/** Takes long to be told that it is wrong. */
const slow = { name: "slow", passwordHash: aliceHash.replace("t=2", "t=16") };

test("users of a file pass beside those of the config, and follow the file", async (t) => {
  const { path, write } = fileOnDisk(t, "users.yaml");
  write(`- name: carol\n  passwordHash: ${carol.passwordHash}\n  claims: { tenant: acme }\n`);
  const { policy, host } = createPolicy({ file: path });
  const codes = async (): Promise<string[]> =>
    (await Promise.all([right, first, second].map((authorization) => ask(policy, authorization)))).map(
      ({ code }) => code,
    );
  for (let i = 0; i < 2; i++) assert.deepEqual(await codes(), ["", "", "basic.wrong"]);
  assert.deepEqual((await ask(policy, first)).x.caller?.claims["tenant"], "acme");
  // What was remembered, right or wrong, says nothing of the new password.
  write(JSON.stringify([changed]));
  await lookAtFiles(t, host.clock);
  for (let i = 0; i < 2; i++) assert.deepEqual(await codes(), ["", "basic.wrong", ""]);
  write(JSON.stringify([{ ...changed, scopes: ["read"] }]));
  await lookAtFiles(t, host.clock);
  assert.deepEqual((await ask(policy, second)).x.caller?.scopes, ["read"]);
  write("[]");
  await lookAtFiles(t, host.clock);
  assert.deepEqual(await codes(), ["", "basic.wrong", "basic.wrong"]);
  assert.deepEqual(
    host.log.lines.map(({ fields, message }) => [fields, message]),
    [2 + 1, 2 + 1, 2].map((entries) => [{ file: path, entries }, "the users were read anew"]),
  );
  await policy.close!();
  assert.equal(host.clock.timers, 0);
});

test("who is listed as before need not be verified anew", async (t) => {
  const { path, write } = fileOnDisk(t, "users.json");
  write(JSON.stringify([carol]));
  const { policy, host } = createPolicy({ file: path });
  await Promise.all([ask(policy, right), ask(policy, first)]);
  write(JSON.stringify([slow, carol]));
  await lookAtFiles(t, host.clock);
  for (const authorization of [right, first]) {
    const { code, synchronous } = await ask(policy, authorization);
    assert.deepEqual([code, synchronous], ["", true]);
  }
});

test("a password that changes while it is verified does not pass", async (t) => {
  const { path, write } = fileOnDisk(t, "users.json");
  write(JSON.stringify([carol]));
  const { policy, host } = createPolicy({ users: [slow], file: path });
  const blockers = [0, 1].map((i) => ask(policy, basic("slow", `${i}`)));
  const before = [ask(policy, first), ask(policy, second)];
  write(JSON.stringify([changed]));
  await lookAtFiles(t, host.clock);
  // The first of these comes while the same credential waits to be compared with the old password.
  const after = [ask(policy, first), ask(policy, second)];
  const outcomes = await Promise.all([...before, ...after]);
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    ["basic.wrong", "", "basic.wrong", ""],
  );
  assert.equal((await ask(policy, first)).code, "basic.wrong");
  assert.equal(outcomes[0]!.x.caller, undefined);
  await Promise.all(blockers);
});

test("without any user, nobody passes and nothing is verified", async (t) => {
  const { path, write } = fileOnDisk(t, "users.json");
  write("[]");
  const { policy, host } = createPolicy({ users: [], file: path });
  const { code, synchronous } = await ask(policy, right);
  assert.deepEqual([code, synchronous], ["basic.wrong", true]);
  write(JSON.stringify(users));
  await lookAtFiles(t, host.clock);
  assert.equal((await ask(policy, right)).code, "");
  // From now on there is something to tell a name from one that nobody has.
  assert.ok(!(await ask(policy, basic("mallory", "x"))).synchronous);
});

const bad: readonly (readonly [what: string, entries: readonly object[], message: RegExp])[] = [
  ["a user of the config", [users[0]!], /users\.json:1:10: \[0\]\.name: the user alice is listed twice/],
  [
    "a password in place of its hash",
    [{ name: "x", passwordHash: "correct horse" }],
    /\[0\]\.passwordHash: the passwordHash of the user x cannot be used: it is no argon2id hash/,
  ],
  [
    "a variable that is not set",
    [{ name: "x", passwordHash: { env: "NO_SUCH_VARIABLE" } }],
    /\[0\]\.passwordHash: the environment variable NO_SUCH_VARIABLE is not set/,
  ],
  [
    "a plan that is none",
    [{ ...carol, plan: "fre" }],
    /\[0\]\.plan: unknown plan "fre" \(did you mean "free"\?\)$/,
  ],
  [
    "a claim of another type than claims have",
    [{ ...carol, claims: { level: "3" } }],
    /\[0\]\.claims\.level: the claim level is not an integer/,
  ],
  ["a name with a colon", [{ ...carol, name: "a:b" }], /\[0\]\.name: expected a name without a colon/],
];
for (const [what, entries, message] of bad) {
  test(`${what} in the file is a mistake of the config at the start, and logged later`, async (t) => {
    const { path, write } = fileOnDisk(t, "users.json");
    const host = simulatedHost();
    const create = () =>
      basicPolicy.create(
        basicConfig.parse({ users: [{ ...users[0]!, plan: "free" }], file: path }),
        testAround({ host, plans: ["free"], claimTypes: { level: "integer" } }),
      );
    write(JSON.stringify(entries));
    assert.throws(create, (error) => {
      assert.ok(error instanceof ConfigMistake);
      assert.deepEqual(error.path, ["file"]);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("correct horse"));
      return true;
    });
    assert.equal(host.clock.timers, 0);
    write(JSON.stringify([carol]));
    const policy = create();
    write(JSON.stringify(entries));
    await lookAtFiles(t, host.clock);
    const [line, ...others] = host.log.lines;
    assert.deepEqual([line?.level, others], ["error", []]);
    assert.equal(line?.message, "the users cannot be read anew, the last good ones stay");
    assert.match((line.fields as { problem: string }).problem, message);
    assert.equal((await ask(policy, first)).code, "");
  });
}

test("the file is told to who grants the rights", () => {
  assert.equal(basicConfig.parse({ file: "./users.json" }).file, "./users.json");
  assert.deepEqual(fileFieldsOf(basicConfig), [["file"]]);
  assert.ok(!basicConfig.safeParse({ file: ".htpasswd" }).success);
});
