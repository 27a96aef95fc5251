import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ConfigError } from "./issue.ts";
import { loadConfig } from "./load.ts";
import { reportIssues } from "./report.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "portcullis-load-"));
});
after(() => rm(directory, { recursive: true }));

let files = 0;

/** What is told of a file of that name; each file has a folder's name of its own, since modules are loaded once. */
async function tell(name: string, text: string, { frames = false } = {}): Promise<string> {
  const file = `${files++}.${name}`;
  await writeFile(join(directory, file), text);
  try {
    await loadConfig(file, directory);
    return "";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return reportIssues(error, { color: false, directory, frames }).replaceAll(file, name);
  }
}

describe("a config file", () => {
  const right: Readonly<Record<string, string>> = {
    "a.yaml": "services: { a: { targets: ['http://127.0.0.1:1'] } }\nroutes:\n  - { path: /, service: a }\n",
    "a.yml": "routes: []\n",
    "a.json": '{\n\t"routes": []\n}\n',
    "mark.json": '\uFEFF{ "routes": [] }\n',
    "a.ts": "const routes: readonly never[] = [];\nexport default { routes } as object;\n",
    "a.js": "export default { routes: [] };\n",
    "a.mjs": "export default { routes: [] };\n",
  };
  for (const [name, text] of Object.entries(right)) {
    it(`is read: ${name}`, async () => assert.equal(await tell(name, text), ""));
  }

  const wrong: readonly (readonly [name: string, text: string, told: string])[] = [
    ["a.yaml", "", "a.yaml:1:1 - error: expected an object, got nothing\n"],
    [
      "a.yaml",
      "routes: []\ndrain: 5\n",
      'a.yaml:2:8 - error: expected a duration such as "250ms", "30s", "5m", "1h" or "1d"\n',
    ],
    [
      "a.yaml",
      "routes: []\nuse: [mine]\n",
      "a.yaml:2:7 - error: expected a policy (a policy is what definePolicy returns, in a config in TypeScript or JavaScript)\n",
    ],
    [
      "a.json",
      '{ "routes": [], "use": { "name": "mine" } }\n',
      "a.json:1:24 - error: expected a list of policies (a policy is what definePolicy returns, in a config in TypeScript or JavaScript)\n",
    ],
    ["a.yaml", "routes: []\nroutes: []\n", 'a.yaml:2:1 - error: "routes" is there twice\n'],
    [
      "a.yaml",
      "routes: !!js/function x\n",
      "a.yaml:1:9 - error: this begins with !, which makes it a tag: put texts into quotes\n",
    ],
    ["a.yaml", "routes: []\n---\nroutes: []\n", "a.yaml:2:1 - error: a second document begins here"],
    [
      "a.json",
      `{"routes":${"[".repeat(20_000)}${"]".repeat(20_000)}}\n`,
      "a.json:1:1 - error: the config is nested more than 200 levels deep, or contains itself\n",
    ],
    [
      "a.ts",
      "const routes: unknown[] = [];\nroutes.push({ prefix: '/', routes });\nexport default { routes };\n",
      "a.ts:3:16 - error: the config is nested more than 200 levels deep, or contains itself\n",
    ],
    [
      "a.ts",
      "export default Promise.resolve({ routes: [] });\n",
      "a.ts:1:16 - error: expected an object, got a promise (write: export default await ...)\n",
    ],
    ["a.yaml", "routes: *none\n", "a.yaml:1:1 - error: an alias has no anchor before it"],
    [
      "a.yaml",
      "log: &log { levl: info }\nroutes: []\nlimits: *log\n",
      'a.yaml:1:13 - error: unknown field "levl" (did you mean "level"?)\n',
    ],
    [
      "a.yaml",
      `a: &a [1,1,1,1,1,1,1,1,1]\n${"bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(",")}]\n`)
        .join("")}`,
      "a.yaml:1:1 - error: Excessive alias count indicates a resource exhaustion attack\n",
    ],
    ["a.json", '{ "routes": [], "routes": [] }', 'a.json:1:17 - error: "routes" is there twice\n'],
    ["a.json", '{\n  "routes": [1,]\n}', "a.json:2:16 - error: unexpected token ']'\n"],
    ["a.json", '{ "routes": [], // none\n}', "a.json:1:17 - error: expected double-quoted property name\n"],
    ["a.ts", "export default { routes: 1 };\n", "a.ts:1:26 - error: expected a list, got a number\n"],
    [
      "a.ts",
      "export const routes = [];\n",
      "a.ts:1:1 - error: the file has no default export (end the file with",
    ],
    [
      "a.ts",
      "export default {\n  routes: [] port: 1,\n};\n",
      "a.ts:2:14 - error: syntax error: Expected ',', got 'ident'\n",
    ],
    [
      "a.ts",
      "enum A {}\nexport default {};\n",
      "a.ts:1:1 - error: syntax error: TypeScript enum is not supported",
    ],
    [
      "a.js",
      "export default {\n  routes: [] port: 1,\n};\n",
      "a.js:2:14 - error: syntax error: Unexpected token\n",
    ],
    [
      "a.ts",
      'let a: number;\nthrow new Error("no luck");\n',
      "a.ts:2:7 - error: the file failed while it ran: no luck\n",
    ],
    [
      "a.ts",
      'import "no-such-package";\n',
      "a.ts:1:1 - error: the file failed while it ran: Cannot find package 'no-such-package'",
    ],
    ["a.txt", "", "error: a config is a .ts, .js, .mjs, .yaml, .yml, .json file, and this is "],
  ];
  for (const [name, text, told] of wrong) {
    it(`is refused: ${name}, ${JSON.stringify(text.slice(0, 40))}`, async () => {
      const found = await tell(name, text);
      assert.equal(found.slice(0, told.length), told);
      assert.doesNotMatch(found, /^ {4}at /m);
    });
  }
});

it("tells few of the mistakes that one mistake of YAML brings, in words for everybody", async () => {
  const told = await tell("a.yaml", "[".repeat(50_000));
  assert.match(told, /^a\.yaml:1:\d+ - error: this is nested too deeply\n/);
  assert.ok(told.split("\n").length <= 6, told.slice(0, 1000));
});

describe("a place in a script", () => {
  const places: readonly (readonly [what: string, text: string, told: string])[] = [
    [
      "behind a type",
      "export default { routes: ([] as string[]), drain: 1 };\n",
      "a.ts:1:51 - error: expected a duration",
    ],
    [
      "in a constant",
      'const log = { level: "x" };\nexport default { log, routes: [] };\n',
      "a.ts:1:22 - error: expected one of",
    ],
    [
      "in what is spread",
      "const base = { drain: 1 };\nexport default { ...base, routes: [] };\n",
      "a.ts:1:23 - error: expected a dur",
    ],
    [
      "of a key in quotes",
      'export default { routes: [], "drain": 1 };\n',
      "a.ts:1:39 - error: expected a duration",
    ],
    [
      "that is computed, told by its path",
      "const make = () => ({ target: 1 });\nexport default { routes: [], limits: make() };\n",
      "a.ts:2:38 - error: limits.target: expected a size",
    ],
    [
      "in a list after a spread",
      'const more = [];\nexport default { routes: [{ path: "/" }, ...more, { path: 1 }] };\n',
      "a.ts:2:26 - error: routes[1].path: expected a text, got a number\na.ts:2:26 - error: routes[1]: the route has nothing",
    ],
    [
      "of names that name each other",
      "const a = () => b, b = a;\nexport default b;\n",
      "a.ts:1:11 - error: expected an object, got a function",
    ],
  ];
  for (const [what, text, told] of places) {
    it(`is found: ${what}`, async () => {
      const lines = (await tell("a.ts", text)).split("\n");
      for (const line of told.split("\n")) {
        assert.ok(
          lines.some((found) => found.startsWith(line)),
          lines.join("\n"),
        );
      }
    });
  }
});

describe("a report", () => {
  const secret = "hunter2-correct-horse";
  const texts: Readonly<Record<string, string>> = {
    "a.yaml": `policies: { jwt: { secret: "${secret}", algorithms: [HS255] } }\nroutes: []\n`,
    "b.yaml": `routes: []\npolicies: { jwt: { secret: ${secret}, algorithms: [HS255] }, x: "\\q" }\n`,
    "c.yaml": `policies: { jwt: { secret: ${secret}, algorithms: [HS256] `,
    "d.yaml": `signingKeys: { a: [{ privateKey: { kty: EC, d: hunter2_horse }, algorithm: X }] }\nroutes: []\n`,
    "a.json": `{ "policies": { "jwt": { "secret": "${secret}", "algorithms": 1 } }, "routes": [] }`,
    "b.json": `{ "policies": { "jwt": { "secret": "${secret}", "algorithms": x } }, "routes": [] }`,
    "a.ts": `const jwtSecret = "${secret}"; export default { routes: 5 };\n`,
    "b.ts": `export default { policies: { jwt: { secret: \`${secret}\`, algorithms: 1 } }, routes: [] };\n`,
    "c.ts": `export default { policies: { jwt: { secret: process.env.NOPE ?? "${secret}", algorithms: 1 } }, routes: [] };\n`,
    "d.ts": `export default { policies: { jwt: { secret: "${secret}" algorithms: 1 } }, routes: [] };\n`,
    "e.ts": `export default { signingKeys: { a: [{ privateKey: { kty: "EC", d: "hunter2_horse" }, algorithm: 1 }] } };\n`,
  };
  for (const [name, text] of Object.entries(texts)) {
    it(`shows no secret: ${name}`, async () => {
      const report = await tell(name, text, { frames: true });
      assert.match(report, /\*\*\*/);
      assert.doesNotMatch(report, /hunter2/);
    });
  }

  it("shows no secret that goes over several lines, nor the password in an address", async () => {
    const report = await tell(
      "a.yaml",
      `services: { a: { targets: ["http://user:${secret}@127.0.0.1:1"] } }\nroutes:\n  - path: /\n    service: a\n    policies:\n      jwt:\n        secret: |\n          ${secret}\n        algorithms: [HS1]\n`,
      { frames: true },
    );
    assert.match(report, /http:\/\/\*\*\*@127/);
    assert.doesNotMatch(report, /hunter2/);
  });

  it("has the caret under the place, also behind a secret and far to the right", async () => {
    const report = await tell("a.yaml", `log: { ${"x".repeat(300)}: "", level: no }\nroutes: []\n`, {
      frames: true,
    });
    const lines = report.split("\n");
    const caret = lines.findIndex(
      (line, index) => line.trim() === "^" && lines[index - 1]!.includes("level: no"),
    );
    assert.equal(lines[caret]!.indexOf("^"), lines[caret - 1]!.indexOf("no }"));
    assert.ok(lines[caret - 1]!.length < 140);
  });

  it("has nothing that acts on a terminal", async () => {
    const report = await tell("a.json", `{ "routes": [], "\\u001b[2J\\u202e": 1, "drain\u202e": 1 }`, {
      frames: true,
    });
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(report, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });
});

describe("a config that is not named", () => {
  it("is the one in the directory, and none or several are an error", async () => {
    const own = await mkdtemp(join(directory, "named-"));
    const load = () => loadConfig(undefined, own);
    await assert.rejects(load, { message: /^there is no config in .* \(name a file/ });
    await writeFile(join(own, "portcullis.config.yaml"), "routes: []\n");
    assert.equal((await load()).source.file, join(own, "portcullis.config.yaml"));
    await writeFile(join(own, "portcullis.config.json"), '{ "routes": [] }');
    await assert.rejects(load, {
      message: /several configs in .*: portcullis.config.yaml, portcullis.config.json/,
    });
  });

  it("is told when a named one is not there, or a directory", async () => {
    await assert.rejects(loadConfig("nope.yaml", directory), { message: /^there is no file .*nope\.yaml$/ });
    const own = await mkdtemp(join(directory, "folder-"));
    await assert.rejects(loadConfig(".", own), { message: /^a config is a/ });
  });
});
