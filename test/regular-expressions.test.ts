/** A config takes no regular expressions of JavaScript, so that none can backtrack without bound; patterns are those of RE2. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../src/config/issue.ts";
import { parseConfig } from "../src/config/parse.ts";

const root = join(import.meta.dirname, "..");
const sources = globSync("src/**/*.ts", { cwd: root, exclude: (name) => name.endsWith(".test.ts") });

test("a RegExp is only made once, when a module is loaded, from constants of the code", () => {
  const made = sources.flatMap((file) => {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    return lines
      .filter((line) => /\bRegExp\s*\(|\bRegExp\.|\bReflect\.construct\b/.test(line))
      .filter((line) => !/^(?:const [A-Za-z_]+ = | +)new RegExp\(/.test(line) || hasVariable(line))
      .map((line) => `${file}: ${line.trim()}`);
  });
  assert.deepEqual(made, []);
});

/** Whether a template in the line takes what is no constant: these are written in capitals. */
function hasVariable(line: string): boolean {
  return [...line.matchAll(/\$\{([^}]*)\}/g)].some(
    ([, inserted]) => !/^[A-Z_]+(?:\.source)?$/.test(inserted!),
  );
}

test("no text of the code is taken for a pattern: search and match get regular expressions of the code", () => {
  // With a text, these compile it.
  const calls = /\.(?:match|matchAll|search)\(\s*(?![/A-Z)])/;
  const found = sources
    .filter((file) => calls.test(readFileSync(join(root, file), "utf8").replace(/^\s*(?:\/\/|\*).*$/gm, "")))
    .map((file) => file.replaceAll("\\", "/"));
  // The masks of secrets, which are constants, and the router's own methods of the name.
  const known = new Set(["src/lib/redact.ts"]);
  assert.deepEqual(
    found.filter(
      (file) => !known.has(file) && !file.startsWith("src/router/") && !file.startsWith("src/compile/"),
    ),
    [],
  );
});

const pattern = /(a+)+$/;
const refused: Readonly<Record<string, object>> = {
  path: { routes: [{ path: pattern, handler: "index" }] },
  prefix: { routes: [{ prefix: pattern, routes: [] }] },
  host: { routes: [{ path: "/", host: pattern, handler: "index" }] },
  method: { routes: [{ path: "/", method: pattern, handler: "index" }] },
  header: { routes: [{ path: "/", headers: { "x-a": pattern }, handler: "index" }] },
  query: { routes: [{ path: "/", query: { a: pattern }, handler: "index" }] },
  rewrite: {
    services: { a: { targets: ["http://127.0.0.1:1"] } },
    routes: [{ path: "/", service: "a", rewrite: pattern }],
  },
  redirect: { routes: [{ path: "/", handler: { redirect: { to: pattern } } }] },
  origin: { policies: { cors: { origins: [pattern] } }, routes: [] },
  issuer: {
    policies: { jwt: { secret: "x".repeat(64), algorithms: ["HS256"], issuer: pattern } },
    routes: [],
  },
  audience: {
    policies: { jwt: { secret: "x".repeat(64), algorithms: ["HS256"], audience: pattern } },
    routes: [],
  },
  header_rule: { policies: { validate: { headers: { "x-a": { pattern } } } }, routes: [] },
  query_rule: { policies: { validate: { query: { a: { pattern } } } }, routes: [] },
  target: { services: { a: { targets: [pattern] } }, routes: [] },
};
for (const [field, config] of Object.entries(refused)) {
  test(`a regular expression is refused as ${field}`, () => {
    assert.throws(() => parseConfig(config), ConfigError);
  });
}
