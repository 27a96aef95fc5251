/** What is published: it works in a project that has nothing of this repository, and it is whole. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

interface LockedPackage {
  readonly link?: boolean;
  readonly version?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const tsc = join(root, "node_modules/typescript/bin/tsc");
const project = mkdtempSync(join(tmpdir(), "portcullis-package-"));
const installed = join(project, "node_modules/portcullis");

/** Of compiled modules: `import ... from`, `export ... from`, and what is only loaded when needed. */
const IMPORT = /(?:^(?:import|export)\b.*\bfrom |^import |\bimport\(|\brequirePackage\()"([^"]+)"/gm;

const CONFIG = `import { defineConfig } from "portcullis";
export default defineConfig({
  listen: { port: 0 },
  services: { users: { targets: ["http://127.0.0.1:9001"] } },
  routes: [{ path: "/users/*", service: "users" }],
});
`;

before(() => {
  run([tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", join(installed, "dist")]);
  for (const file of ["package.json", ...manifest.files.filter((name) => name !== "dist")]) {
    cpSync(join(root, file), join(installed, file));
  }
  for (const name of [...Object.keys(manifest.dependencies), "@types/node"]) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link, "junction");
  }
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  };
  write("package.json", JSON.stringify({ type: "module" }));
  write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["*.ts"] }));
});

after(() => rmSync(project, { recursive: true, force: true }));

/** Runs Node in the project, and returns what it says; what it was given by the repository's own scripts and tests is taken away. */
function run(args: readonly string[], exitCode = 0): string {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: "utf8",
    env,
  });
  assert.equal(status, exitCode, `${stdout}${stderr}`);
  return stdout + stderr;
}

/** Of a package, or of a part of one: `jose` for `jose/errors`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The only example in TypeScript of a guide that has `part`. */
function exampleOf(guide: string, part: string): string {
  const text = readFileSync(join(root, guide), "utf8");
  const examples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, example]) => example!);
  const found = examples.filter((example) => example.includes(part));
  assert.equal(found.length, 1, `${guide} has ${found.length} examples with ${part}`);
  return found[0]!;
}

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

test("what is for tests alone is not published, and what is published imports nothing else", () => {
  const files = globSync("**/*.js", { cwd: join(installed, "dist") }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  assert.ok(files.includes("index.js") && files.includes("cli/main.js"));
  assert.deepEqual(
    files.filter((file) => /test/.test(file)),
    [],
  );
  for (const file of files) {
    const text = readFileSync(join(installed, "dist", file), "utf8");
    for (const [, specifier] of text.matchAll(IMPORT)) {
      if (specifier!.startsWith("node:")) continue;
      const known = specifier!.startsWith(".")
        ? files.includes(join(dirname(file), specifier!).replaceAll("\\", "/"))
        : Object.hasOwn(manifest.dependencies, packageOf(specifier!));
      assert.ok(known, `${file} imports ${specifier}`);
    }
  }
});

test("the command is a program that checks a config written in TypeScript", () => {
  const main = join(installed, "dist/cli/main.js");
  assert.match(readFileSync(main, "utf8"), /^#!\/usr\/bin\/env node\n/);
  write("portcullis.config.ts", CONFIG);
  assert.equal(run([main, "check"]), "the config is right: 1 route, 1 service\n");
});

test("a program imports it under any condition that a bundler sets", () => {
  const program = `import { createGateway } from "portcullis"; console.log(typeof createGateway);`;
  for (const condition of ["development", "production", "import"]) {
    assert.equal(run([`--conditions=${condition}`, "--input-type=module", "-e", program]), "function\n");
  }
});

test("the guide's test of a config, with time moved by hand, runs as it is written there", () => {
  write("limit.test.ts", exampleOf("docs/guides/embedding.md", "portcullis/testing"));
  assert.match(run(["--test", "limit.test.ts"]), /pass 1\n.*fail 0\n/);
});

test("the guide's policy runs as it is written there, is checked with places, and typed by its schema", () => {
  const guide = "docs/guides/policies.md";
  const config = exampleOf(guide, "export default defineConfig");
  const check = join(installed, "dist/cli/main.js");
  write("maintenance.ts", exampleOf(guide, "definePolicy("));
  write("maintenance.test.ts", exampleOf(guide, "portcullis/testing"));
  write("portcullis.config.ts", config);
  assert.match(run(["--test", "maintenance.test.ts"]), /pass 1\n.*fail 0\n/);
  assert.equal(run([check, "check"]), "the config is right: 2 routes, 0 services\n");
  assert.equal(run([tsc]), "");

  const until = 'until: "2026-01-01T00:03:00Z"';
  assert.ok(config.includes(until));
  write("portcullis.config.ts", config.replace(until, 'until: "2026-01-01T00:00:00Z"'));
  const [told] = /portcullis\.config\.ts:6:.*?1 error in portcullis\.config\.ts/s.exec(
    run([check, "check"], 1),
  )!;
  assert.ok(readFileSync(join(root, guide), "utf8").includes(told), told);

  write("portcullis.config.ts", config.replace(until, 'untill: "2026-01-01T00:03:00Z"'));
  assert.match(run([check, "check"], 1), /portcullis\.config\.ts:6:60 - error: unknown field "untill"/);
  assert.match(run([tsc], 1), /^portcullis\.config\.ts\(6,\d+\): error TS.*untill/);
  write("portcullis.config.ts", config);
});

test("the compiler takes a right config and refuses a service that does not exist", () => {
  write("portcullis.config.ts", CONFIG);
  write("wrong.config.ts", CONFIG.replace('service: "users"', 'service: "user"'));
  const errors = run([tsc], 1)
    .split("\n")
    .filter((line) => line.includes("error TS"));
  assert.equal(errors.length, 1, errors.join("\n"));
  assert.match(errors[0]!, /^wrong\.config\.ts\(5,\d+\): error TS2322: .*"user"/);
});

test("the lock file has every package for every platform, so that npm ci installs on all of them", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const missing: string[] = [];
  for (const [path, locked] of Object.entries(lock.packages)) {
    const fromRegistry = path.includes("node_modules/") && locked.link !== true;
    if (fromRegistry && (locked.version === undefined || locked.integrity === undefined)) missing.push(path);
    for (const name of Object.keys(locked.optionalDependencies ?? {})) {
      const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
      if (!places.some((place) => Object.hasOwn(lock.packages, place))) missing.push(name);
    }
  }
  assert.deepEqual(missing, []);
});
