import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { moment } from "../lib/schema.ts";
import { ListFileError, readListFile } from "./list-file.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

const entrySchema = z.strictObject({
  id: z.string(),
  hash: z.string(),
  owner: z.string(),
  plan: z.string().optional(),
  expires: moment.optional(),
  claims: z.record(z.string(), z.string()).default({}),
});

const id = "pk_4fZyO82m1KxQ";
const hash = "hmac-sha256:zfoDQPqvLGpkfLDDV7ZJdqxd4JSa7OYZOXSqHCtSHtA";
const alice = { id, hash, owner: "alice" };
const bob = { id: "pk_9cRwT3bN6vLe", hash, owner: "bob", expires: "2027-01-01" };

const yaml = (...entries: readonly object[]): string =>
  entries.map((entry) => `- ${JSON.stringify(entry)}\n`).join("");

/** The owners that the file lists; two entries of one id are a mistake. */
function read(name: string, text: string | Buffer): string[] {
  const owners = new Map<string, string>();
  readListFile(name, Buffer.from(text), entrySchema, ({ id, owner }) => {
    if (owners.has(id)) throw new ConfigMistake(`${id} is listed twice`, ["id"], "remove one");
    owners.set(id, owner);
  });
  return [...owners.values()];
}

const files: readonly (readonly [what: string, name: string, text: string, owners: readonly string[]])[] = [
  ["JSON", "keys.json", JSON.stringify([alice, bob]), ["alice", "bob"]],
  ["JSON with a byte order mark", "keys.json", `\ufeff${JSON.stringify([alice])}`, ["alice"]],
  ["JSON without entries", "keys.json", "[]", []],
  [
    "YAML",
    "keys.yaml",
    `# keys\n- id: ${id}\n  hash: ${hash}\n  owner: alice\n  expires: 2027-01-01\n`,
    ["alice"],
  ],
  ["YAML in the style of JSON", "keys.yml", yaml(alice, bob), ["alice", "bob"]],
];
for (const [what, name, text, owners] of files) {
  test(`reads ${what}`, () => assert.deepEqual(read(name, text), owners));
}

const entry = (fields: string): string => `[\n  { "id": "${id}", "hash": "${hash}", ${fields} }\n]`;
const bad: readonly (readonly [what: string, name: string, text: string | Buffer, message: RegExp])[] = [
  ["nothing", "keys.json", "", /^keys\.json:1:1: unexpected end of the file$/],
  ["nothing, as YAML", "keys.yaml", "", /^keys\.yaml:1:1: expected a list$/],
  ["half a file", "keys.json", entry('"owner": "a"').slice(0, 15), /^keys\.json:2:\d+: unterminated string$/],
  ["an object", "keys.json", "{}", /^keys\.json:1:1: expected a list$/],
  ["a text", "keys.yaml", "a key", /^keys\.yaml:1:1: expected a list$/],
  ["null", "keys.json", "null", /^keys\.json:1:1: expected a list$/],
  ["a number as an entry", "keys.json", "[\n1]", /^keys\.json:2:1: \[0\]: expected an object, got a number$/],
  [
    "an entry without an owner",
    "keys.json",
    entry('"plan": "pro"'),
    /^keys\.json:2:3: \[0\]: "owner" is missing$/,
  ],
  [
    "a field that nobody knows",
    "keys.json",
    entry('"owner": "a", "role": 1'),
    /^keys\.json:2:\d+: \[0\]\.role: unknown field "role" \(there are: id, /,
  ],
  [
    "a hash without quotes in braces",
    "users.yaml",
    "- { id: a, owner: a, hash: $argon2id$v=19$m=19456,p=1$c29tZXNhbHR0b2hhdmU$ZkKCxXmbbTcJDLO7 }",
    /^users\.yaml:1:\d+: \[0\]\.p=1\$\*\*\*: unknown field "p=1\$\*\*\*" /,
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
    /^keys\.json:2:\d+: \[0\]\.__proto__: unknown field "__proto__" /,
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
    JSON.stringify([alice, bob, alice], null, 1),
    /^keys\.json:14:9: \[2\]\.id: pk_\w{12} is listed twice \(remove one\)$/,
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
    JSON.stringify([{ ...alice, owner: 1, claims: { a: "x".repeat(300_000) } }]),
    /^keys\.json: \[0\]\.owner: expected a text, got a number$/,
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
      () => read(name, text),
      (error) => {
        assert.ok(error instanceof ListFileError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes(hash));
        return true;
      },
    );
  });
}
