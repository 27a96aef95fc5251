/** Conventions of the house, held by reading the code: which way imports run, who may touch the machine, what is used. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { imports, ofSources, root, sources } from "./imports.ts";

/** From left to right: what stands left never imports what stands right; what shares a place does not import each other. */
const ORDER: readonly (readonly string[])[] = [
  ["lib"],
  ["host"],
  ["http", "simulation"],
  ["zones"],
  ["state"],
  ["core"],
  ["callers"],
  ["contract"],
  ["policies", "services", "router"],
  ["handlers"],
  ["config"],
  ["compile"],
  ["listeners", "observe"],
  ["gateway"],
  ["cli"],
];

/** Entered from outside: by package.json, by scripts, or by Node's test runner. */
const ENTRANCES = new Set(["src/index.ts", "src/simulation/index.ts", "src/cli/main.ts"]);

function folderOf(file: string): string {
  return file.split("/")[1]!;
}

function placeOf(folder: string): number {
  return ORDER.findIndex((folders) => folders.includes(folder));
}

test("every folder of src has its place in the order", () => {
  const folders = new Set(sources.filter((file) => file.split("/").length > 2).map(folderOf));
  const unknown = [...folders].filter((folder) => folder !== "testing" && placeOf(folder) === -1);
  assert.deepEqual(unknown, []);
});

test("imports run one way", () => {
  const wrong = ofSources.filter(({ file, target }) => {
    if (target === undefined || !target.startsWith("src/") || file === "src/index.ts") return false;
    const from = folderOf(file);
    const to = folderOf(target);
    return from !== to && placeOf(to) >= placeOf(from);
  });
  assert.deepEqual(wrong, []);
});

test("a policy or handler imports no other, and no service's code", () => {
  const wrong = ofSources.filter(({ file, target }) => {
    const [, family, kind] = file.split("/");
    if ((family !== "policies" && family !== "handlers") || kind!.endsWith(".ts") || target === undefined)
      return false;
    const [, targetFamily, targetKind] = target.split("/");
    return (
      targetFamily === "services" ||
      (targetFamily === family && targetKind !== kind && !targetKind!.endsWith(".ts"))
    );
  });
  assert.deepEqual(wrong, []);
});

test("only host touches the machine's clocks, chance and sockets", () => {
  const touches =
    /\bDate\.now\b|\bperformance\.now\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|from "node:(?:net|timers(?:\/promises)?)"/;
  const wrong = sources.filter(
    (file) => !file.startsWith("src/host/") && touches.test(readFileSync(join(root, file), "utf8")),
  );
  assert.deepEqual(wrong, []);
});

test("TLS and HTTP/2 stay in host and listeners, logs in host and observe", () => {
  const places: readonly [RegExp, RegExp][] = [
    [/^node:(http2|tls)$/, /^src\/(host|listeners)\//],
    [/^pino/, /^src\/(host|observe)\//],
  ];
  const wrong = ofSources.filter(({ file, specifier }) =>
    places.some(([module, allowed]) => module.test(specifier) && !allowed.test(file)),
  );
  assert.deepEqual(wrong, []);
});

test("what happens beside requests is told as an event; the log only hears of faults otherwise", () => {
  const faults = ["src/core/end-exchange.ts", "src/gateway/gateway.ts"];
  const wrong = sources.filter(
    (file) =>
      !/^src\/(?:host|observe)\//.test(file) &&
      !faults.includes(file) &&
      /\blog\.(?:info|warn|error)\(/.test(readFileSync(join(root, file), "utf8")),
  );
  assert.deepEqual(wrong, []);
});

test("nothing is there that nobody uses", () => {
  const used = new Set(imports.filter(({ file, target }) => target !== file).map(({ target }) => target));
  const dead = sources.filter(
    (file) => !used.has(file) && !ENTRANCES.has(file) && !file.startsWith("src/testing/"),
  );
  assert.deepEqual(dead, []);
});

test("nothing is exported that is used nowhere, not even in its own file", () => {
  const words = new Map<string, number>();
  const readers = globSync("{src,test,docs,bench,examples}/**/*.ts", {
    cwd: root,
    exclude: (name) => name === "node_modules",
  });
  for (const file of readers) {
    for (const [word] of readFileSync(join(root, file), "utf8").matchAll(/\w+/g)) {
      words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
  const dead = sources.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(
        /^export (?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/gm,
      ),
    ]
      .filter(([, name]) => words.get(name!) === 1)
      .map(([, name]) => `${file}: ${name}`),
  );
  assert.deepEqual(dead, []);
});

test("files have one subject and stay short", () => {
  const long = sources.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 320);
  assert.deepEqual(long, []);
});

test("no view is taken for a copy: the slice of a Buffer is one, though the type says Uint8Array", () => {
  const views = sources.filter((file) =>
    /\b(?:bytes|buffer|chunk|data|memory)\.slice\(/i.test(readFileSync(join(root, file), "utf8")),
  );
  assert.deepEqual(views, []);
});

test("every policy and handler is complete: schema, tests, README", () => {
  const folders = globSync("src/{policies,handlers}/*/", { cwd: root }).map((folder) =>
    folder.replaceAll("\\", "/").replace(/\/$/, ""),
  );
  const missing = folders.flatMap((folder) =>
    [`${folder}/schema.ts`, `${folder}/README.md`, `${folder}/*.test.ts`].filter(
      (file) => globSync(file, { cwd: root }).length === 0,
    ),
  );
  assert.ok(folders.length > 0);
  assert.deepEqual(missing, []);
});
