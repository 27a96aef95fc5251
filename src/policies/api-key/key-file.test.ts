import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { MAX_FILE_BYTES } from "../../callers/list-file.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { lookAtFiles } from "../../testing/look-at-files.ts";
import { fileOnDisk } from "../../testing/file-on-disk.ts";
import { apiKeyPolicy } from "./policy.ts";
import { apiKeyConfig } from "./schema.ts";
import { ask, createPolicy, newKey, PEPPER } from "./testing.ts";
import { testAround } from "../../testing/around.ts";
import { fileFieldsOf } from "../../lib/file-field.ts";

const alice = newKey();
const bob = newKey({ owner: "bob", scopes: ["read"], expires: "2027-01-01" });

test("keys of a file pass beside those of the config, and follow the file", async (t) => {
  const { path, write } = fileOnDisk(t, "keys.json");
  write(JSON.stringify([bob.entry]));
  const { policy, host } = createPolicy({ keys: [alice.entry], file: path });
  const codes = (): string[] =>
    [alice, bob].map(({ key }) => ask(policy, { headers: { "x-api-key": key } }).code);
  assert.deepEqual(codes(), ["", ""]);
  await lookAtFiles(t, host.clock);
  assert.deepEqual(host.log.lines, []);

  write(JSON.stringify([{ ...bob.entry, disabled: true }]));
  await lookAtFiles(t, host.clock);
  assert.deepEqual(codes(), ["", "apiKey.disabled"]);
  write("[]");
  await lookAtFiles(t, host.clock);
  assert.deepEqual(codes(), ["", "apiKey.unknown"]);
  assert.deepEqual(
    host.log.lines.map(({ level, fields }) => [level, fields]),
    [
      ["info", { file: path, entries: 2 }],
      ["info", { file: path, entries: 1 }],
    ],
  );
  await policy.close!();
  assert.equal(host.clock.timers, 0);
});

const breakages: readonly (readonly [what: string, broken: (path: string) => void, problem: RegExp])[] = [
  ["garbage", (path) => fs.writeFileSync(path, "\0\xff garbage"), /:1:1: unexpected token/],
  ["half a file", (path) => fs.truncateSync(path, 40), /:1:\d+: unterminated string/],
  ["nothing", (path) => fs.truncateSync(path, 0), /:1:1: unexpected end of the file/],
  ["a huge file", (path) => fs.truncateSync(path, MAX_FILE_BYTES + 1), /: it is larger than 4194304 bytes$/],
  ["a directory", (path) => (fs.rmSync(path), fs.mkdirSync(path)), /: it is no regular file$/],
  ["no file", (path) => fs.rmSync(path), /: there is no such file$/],
  [
    "a key of the config",
    (path) => fs.writeFileSync(path, JSON.stringify([alice.entry])),
    /:1:8: \[0\]\.id: the key \w+ is listed twice \(remove one of them\)$/,
  ],
];
for (const [what, breakIt, problem] of breakages) {
  test(`${what} in place of the file changes nothing, and is logged once`, async (t) => {
    const { path, write } = fileOnDisk(t, "keys.json");
    write(JSON.stringify([bob.entry]));
    const { policy, host } = createPolicy({ keys: [alice.entry], file: path });
    breakIt(path);
    for (let i = 0; i < 4; i++) await lookAtFiles(t, host.clock);
    for (const { key } of [alice, bob]) assert.equal(ask(policy, { headers: { "x-api-key": key } }).code, "");
    const [line, ...others] = host.log.lines;
    assert.deepEqual([line?.level, others], ["error", []]);
    const { file, problem: told } = line!.fields as { file: string; problem: string };
    assert.equal(file, path);
    assert.match(told, problem);
    fs.rmSync(path, { recursive: true, force: true });
    write("[]");
    await lookAtFiles(t, host.clock);
    assert.equal(ask(policy, { headers: { "x-api-key": bob.key } }).code, "apiKey.unknown");
    await policy.close!();
  });
}

test("a plan that is none is a mistake of the file, with its place", async (t) => {
  const { path, write } = fileOnDisk(t, "keys.json");
  write(JSON.stringify([{ ...bob.entry, plan: "pro" }]));
  const { policy, host } = createPolicy({ file: path }, ["pro", "free"]);
  write(`[\n${JSON.stringify({ ...bob.entry, plan: "prro", disabled: true })}]`);
  await lookAtFiles(t, host.clock);
  assert.match(
    (host.log.lines[0]!.fields as { problem: string }).problem,
    /keys\.json:2:\d+: \[0\]\.plan: unknown plan "prro" \(did you mean "pro"\?\)$/,
  );
  assert.equal(ask(policy, { headers: { "x-api-key": bob.key } }).code, "");
  await policy.close!();
  assert.throws(() => createPolicy({ file: path }, ["pro", "free"]), { path: ["file"] });
});

const isAtFile = (message: RegExp) => (error: unknown) =>
  error instanceof ConfigMistake && error.path[0] === "file" && message.test(error.message);

test("a gateway does not start with a file that cannot be used, and nothing watches it then", (t) => {
  const { path, write } = fileOnDisk(t, "keys.yaml");
  const create = (): unknown => createPolicy({ file: path });
  assert.throws(create, isAtFile(/keys\.yaml: there is no such file$/));
  write("- id: x\n");
  assert.throws(create, isAtFile(/keys\.yaml:1:7: \[0\]\.id: expected the public part of a key/));
});

test("only names of files that can be read are taken, and told to who grants the rights", () => {
  for (const file of ["keys", "keys.txt", "", ".json", "keys.json\0.yaml", "keys.JSON"])
    assert.ok(!apiKeyConfig.safeParse({ pepper: PEPPER, file }).success, file);
  for (const file of ["./keys.json", "/etc/keys.yaml", "keys.yml"])
    assert.equal(apiKeyConfig.parse({ pepper: PEPPER, file }).file, file);
  assert.deepEqual(fileFieldsOf(apiKeyConfig), [["file"]]);
});

test("a key of the file with a claim of another type than claims have is told of with its place", (t) => {
  const { path, write } = fileOnDisk(t, "keys.json");
  write(JSON.stringify([{ ...bob.entry, claims: { more: "3", level: "3" } }]));
  const around = testAround({ claimTypes: { level: "integer" } });
  const config = apiKeyConfig.parse({ pepper: PEPPER, file: path });
  assert.throws(() => apiKeyPolicy.create(config, around), {
    message: /:1:\d+: \[0\]\.claims\.level: the claim level is not an integer/,
  });
});
