import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { PolicyConfigError } from "../../core/policy.ts";
import { lookAtFiles } from "../../testing/look-at-files.ts";
import { KeyFileError, MAX_FILE_BYTES, readKeyFile } from "./key-file.ts";
import { apiKeyPolicy } from "./policy.ts";
import { apiKeyConfig } from "./schema.ts";
import { ask, createPolicy, newKey, PEPPER } from "./testing.ts";

const alice = newKey();
const bob = newKey({ owner: "bob", scopes: ["read"], expires: "2027-01-01" });
const { id, hash } = alice.entry;
const TYPES = { level: "integer" } as const;
const yaml = (...entries: readonly object[]): string =>
  entries.map((entry) => `- ${JSON.stringify(entry)}\n`).join("");

function read(name: string, text: string | Buffer, taken: readonly string[] = []): string[] {
  return readKeyFile(name, Buffer.from(text), new Map(taken.map((id) => [id, true])), TYPES).map(
    ({ owner }) => owner,
  );
}

const files: readonly (readonly [what: string, name: string, text: string, owners: readonly string[]])[] = [
  ["JSON", "keys.json", JSON.stringify([alice.entry, bob.entry]), ["alice", "bob"]],
  ["JSON with a byte order mark", "keys.json", `\ufeff${JSON.stringify([alice.entry])}`, ["alice"]],
  ["JSON without keys", "keys.json", "[]", []],
  [
    "YAML",
    "keys.yaml",
    `# keys\n- id: ${id}\n  hash: ${hash}\n  owner: alice\n  expires: 2027-01-01\n`,
    ["alice"],
  ],
  ["YAML in the style of JSON", "keys.yml", yaml(alice.entry, bob.entry), ["alice", "bob"]],
];
for (const [what, name, text, owners] of files) {
  test(`reads ${what}`, () => assert.deepEqual(read(name, text), owners));
}

const entry = (fields: string): string => `[\n  { "id": "${id}", "hash": "${hash}", ${fields} }\n]`;
const bad: readonly (readonly [what: string, name: string, text: string | Buffer, message: RegExp])[] = [
  ["nothing", "keys.json", "", /^keys\.json:1:1: unexpected end of the file$/],
  ["nothing, as YAML", "keys.yaml", "", /^keys\.yaml:1:1: expected a list of keys$/],
  ["half a file", "keys.json", entry('"owner": "a"').slice(0, 15), /^keys\.json:2:\d+: unterminated string$/],
  ["an object", "keys.json", "{}", /^keys\.json:1:1: expected a list of keys$/],
  ["a text", "keys.yaml", "a key", /^keys\.yaml:1:1: expected a list of keys$/],
  ["null", "keys.json", "null", /^keys\.json:1:1: expected a list of keys$/],
  ["a number as an entry", "keys.json", "[\n1]", /^keys\.json:2:1: \[0\]: invalid input: expected object/],
  [
    "an entry without an owner",
    "keys.json",
    entry('"plan": "pro"'),
    /^keys\.json:2:3: \[0\]\.owner: invalid input/,
  ],
  [
    "a field that nobody knows",
    "keys.json",
    entry('"owner": "a", "role": 1'),
    /^keys\.json:2:3: \[0\]: unrecognized key: "role"$/,
  ],
  [
    "a wrong date",
    "keys.json",
    entry('"owner": "a",\n"expires": "soon"'),
    /^keys\.json:3:12: \[0\]\.expires: expected a date such as/,
  ],
  [
    "a name twice",
    "keys.json",
    entry('"owner": "a", \n"owner": "b"'),
    /^keys\.json:3:1: a name is there twice/,
  ],
  [
    "a name twice, as YAML",
    "keys.yaml",
    "- owner: a\n  owner: b\n",
    /^keys\.yaml:2:3: a name is there twice/,
  ],
  [
    "a name of the prototype",
    "keys.json",
    entry('"owner": "a", "__proto__": {}'),
    /^keys\.json:2:3: \[0\]: unrecognized key: "__proto__"$/,
  ],
  [
    "a claim of the prototype",
    "keys.json",
    entry('"owner": "a", "claims": { "__proto__": "a" }'),
    /^keys\.json:2:\d+: \[0\]\.claims: the name __proto__ is not allowed$/,
  ],
  [
    "a claim of the prototype, as YAML",
    "keys.yaml",
    `- { id: ${id}, hash: "${hash}", owner: a, claims: { __proto__: a } }`,
    /^keys\.yaml:1:\d+: \[0\]\.claims: the name __proto__/,
  ],
  [
    "a claim of another type than claims have here",
    "keys.json",
    entry('"owner": "a", "claims": { "more": "3", "level": "3" }'),
    /^keys\.json:2:\d+: \[0\]\.claims\.level: the claim is not an integer$/,
  ],
  [
    "too deep a nesting",
    "keys.json",
    `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    /^keys\.json:1:\d+: .*nested too deeply$/,
  ],
  [
    "too deep a nesting, as YAML",
    "keys.yaml",
    `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    /^keys\.yaml:1:\d+: this is no YAML/,
  ],
  [
    "a key twice",
    "keys.json",
    JSON.stringify([alice.entry, bob.entry, alice.entry], null, 1),
    /^keys\.json:17:9: \[2\]\.id: the key pk_\w{12} is listed twice$/,
  ],
  [
    "a key of the config",
    "keys.json",
    JSON.stringify([bob.entry]),
    /^keys\.json:1:8: \[0\]\.id: the key pk_\w{12} is listed twice$/,
  ],
  [
    "bytes that are not UTF-8",
    "keys.json",
    Buffer.from([0x5b, 0xff, 0x5d]),
    /^keys\.json:1:1: the file is not UTF-8$/,
  ],
  ["broken YAML", "keys.yaml", "- id: [\n", /^keys\.yaml:\d:\d: this is no YAML \(\w+\)$/],
  ["a tag", "keys.yaml", "- !secret x\n", /^keys\.yaml:1:3: this is no YAML \(TAG_RESOLVE_FAILED\)$/],
  [
    "aliases of aliases",
    "keys.yaml",
    `- &a [x, x]\n- &b [*a, *a]\n- [*b, *b]\n`,
    /^keys\.yaml:1:1: aliases are not taken here$/,
  ],
  ["two documents", "keys.yaml", "- a\n---\n- b\n", /^keys\.yaml:2:1: this is no YAML \(MULTIPLE_DOCS\)$/],
  [
    "YAML that is too large",
    "keys.yaml",
    "# ".repeat(200_000),
    /^keys\.yaml:1:1: YAML of more than 262144 bytes/,
  ],
  [
    "a mistake in a large file",
    "keys.json",
    JSON.stringify([{ ...alice.entry, owner: 1, claims: { a: "x".repeat(300_000) } }]),
    /^keys\.json: \[0\]\.owner: invalid input/,
  ],
  [
    "a name twice in a large file",
    "keys.json",
    `[{"a":1,"a":2,"b":"${"x".repeat(300_000)}"}]`,
    /^keys\.json: somewhere: a name is there twice/,
  ],
];
for (const [what, name, text, message] of bad) {
  test(`refuses ${what}, with its place`, () => {
    assert.throws(
      () =>
        read(
          name,
          text,
          [bob.entry.id].filter(() => what === "a key of the config"),
        ),
      (error) => {
        assert.ok(error instanceof KeyFileError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes(hash));
        return true;
      },
    );
  });
}

function onDisk(t: TestContext, name = "keys.json") {
  const directory = fs.mkdtempSync(join(tmpdir(), "portcullis-keys-"));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const path = join(directory, name);
  return { path, write: (text: string | Buffer) => fs.writeFileSync(path, text) };
}

test("keys of a file pass beside those of the config, and follow the file", async (t) => {
  const { path, write } = onDisk(t);
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
      ["info", { file: path, keys: 2 }],
      ["info", { file: path, keys: 1 }],
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
    /:1:8: \[0\]\.id: the key \w+ is listed twice$/,
  ],
];
for (const [what, breakIt, problem] of breakages) {
  test(`${what} in place of the file changes nothing, and is logged once`, async (t) => {
    const { path, write } = onDisk(t);
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

const isAtFile = (message: RegExp) => (error: unknown) =>
  error instanceof PolicyConfigError && error.path[0] === "file" && message.test(error.message);

test("a gateway does not start with a file that cannot be used, and nothing watches it then", (t) => {
  const { path, write } = onDisk(t, "keys.yaml");
  const create = (): unknown => createPolicy({ file: path });
  assert.throws(create, isAtFile(/keys\.yaml: there is no such file$/));
  write("- id: x\n");
  assert.throws(create, isAtFile(/keys\.yaml:1:7: \[0\]\.id: expected the public part of a key/));
});

test("only names of files that can be read are taken, and told to who grants the rights", () => {
  for (const file of ["keys", "keys.txt", "", ".json", "keys.json\0.yaml", "keys.JSON"])
    assert.ok(!apiKeyConfig.safeParse({ pepper: PEPPER, file }).success, file);
  for (const file of ["./keys.json", "/etc/keys.yaml", "keys.yml"]) {
    assert.deepEqual(apiKeyPolicy.files?.(apiKeyConfig.parse({ pepper: PEPPER, file })), [file]);
  }
  assert.deepEqual(apiKeyPolicy.files?.(apiKeyConfig.parse({ pepper: PEPPER })), []);
});
