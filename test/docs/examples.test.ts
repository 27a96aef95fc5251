/**
 * Every YAML example of the documents loads. An example is a config, or part of one as it stands at the top of a file; where
 * it has no routes of its own, it is tried with one that takes every path.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ConfigError } from "../../src/config/issue.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { isObject } from "../../src/config/plain.ts";
import { idleHost } from "../../src/host/idle-host.ts";
import { readYaml } from "../../src/config/yaml-source.ts";
import { testPrivateKey, toJwk, toPem } from "../../src/testing/private-keys.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

/** What the examples take from the environment. */
const ENVIRONMENT = {
  JWT_SECRET: "an example's secret, as long as the longest hash that it is used with",
  INTERNAL_KEY: toPem(testPrivateKey("ES256")),
  SIGNING_KEY: toPem(testPrivateKey("ES256")),
  SIGNING_KEY_NEXT: toJwk(testPrivateKey("ES256")),
  CLIENT_SECRET: "the secret of an example's client",
  API_KEY_PEPPER: "an example's pepper, of more than thirty-two bytes",
  OLD_API_KEY_PEPPER: "the pepper that the example had before, as long as that",
};

interface Example {
  readonly place: string;
  readonly text: string;
}

const root = join(import.meta.dirname, "../..");
const DOCUMENTS = [
  "README.md",
  "docs/**/*.md",
  "src/policies/*/README.md",
  "src/handlers/*/README.md",
  "examples/**/*.md",
];
const documents = find(DOCUMENTS);
const examples = [
  ...documents.flatMap(readExamples),
  ...find(["examples/**/*.{yaml,yml}"]).map((file) => ({ place: file, text: read(file) })),
];

function find(patterns: readonly string[]): string[] {
  const files = globSync(patterns, { cwd: root, exclude: (name) => name === "node_modules" });
  return files.map((file) => file.replaceAll("\\", "/")).toSorted();
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function readExamples(file: string): Example[] {
  const text = read(file);
  return [...text.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split("\n").length + 1}`,
    text: match[1]!,
  }));
}

/** Everything that `portcullis check` would say. */
async function check({ place, text }: Example): Promise<void> {
  const { value, issues } = readYaml(place, text);
  if (issues.length > 0) throw new ConfigError(issues);
  assert.ok(isObject(value), "an example is an object");
  const config = parseConfig({ routes: [{ path: "/*", handler: "respond" }], ...value });
  await new Gateway(config, idleHost).close();
}

describe("YAML examples load", () => {
  before(() => Object.assign(process.env, ENVIRONMENT));
  after(() => {
    for (const name of Object.keys(ENVIRONMENT)) delete process.env[name];
  });

  for (const example of examples) it(example.place, () => check(example));

  it("and what is wrong with one would show", async () => {
    const wrong = [
      "policies: { rateLimit: { limit: 100 } }",
      "policies: { cors: {}, cors: {} }",
      "policies: { jwt: { secret: short, algorithms: [HS256] } }",
      "routes: [{ path: /, service: nobody }]",
    ];
    for (const text of wrong) await assert.rejects(check({ place: "wrong", text }), ConfigError, text);
  });
});

it("every README of a kind that YAML can configure has an example", () => {
  const without = find(["src/{policies,handlers}/*/README.md"]).filter(
    (file) => readExamples(file).length === 0,
  );
  // A function has no place in YAML.
  assert.deepEqual(without, ["src/handlers/fetch/README.md"]);
});
