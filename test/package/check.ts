/** Checks what is published, as users get it: from a registry, on the oldest Node.js that it is for and on the one of development. */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData, type Analysis } from "@arethetypeswrong/core";
import { filterProblems, problemKindInfo } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { install, NpmError, publishInto, type Published } from "./published.ts";

const HELP = `Usage: npm run check:package

Packs the package and checks it: publint, are-the-types-wrong, and in an empty project, on the oldest Node.js that it is for and on
the one that runs this, the command line, a gateway that listens, one in a program, and the compiler with all types of all libraries.

Asks a registry for the package's dependencies and for Node.js. Ends with 0 when all is right, 1 when something is wrong or could not be
checked, 2 when it was called wrongly.
`;

const ROOT = join(import.meta.dirname, "../..");
interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

interface Runtime {
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const CONFIG = `import { defineConfig } from "portcullis";

export default defineConfig({
  listen: { port: 0 },
  log: { destination: "stderr" },
  services: { users: { targets: ["http://127.0.0.1:9001"] } },
  routes: [
    { path: "/users/*", service: "users" },
    { path: "/hello", handler: { respond: { body: "hello" } } },
  ],
});
`;

const PROGRAM = `import { ConfigError, createGateway, type Gateway } from "portcullis";
import { simulatedHost } from "portcullis/testing";
import config from "./portcullis.config.ts";

const gateway: Gateway = createGateway(config, { host: simulatedHost() });
const response = await gateway.inject(new Request("http://gateway.example/hello"));
console.log(response.status, await response.text());
await gateway.close();
try {
  createGateway({ routes: [{ path: "/", handler: "no such handler" as "index" }] });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.log(error.issues.length);
}
`;

/** Starts the gateway by the command line, asks it once, and ends it as a service manager does. */
const RUN = `import { spawn } from "node:child_process";
import { once } from "node:events";

const args = ["node_modules/portcullis/dist/cli/main.js", "run", ...process.argv.slice(2)];
const gateway = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
const [ready] = await once(gateway.stdout.setEncoding("utf8"), "data");
const response = await fetch(/http:\\S+/.exec(ready)[0] + "/hello");
console.log(response.status, await response.text());
gateway.kill();
console.log(await once(gateway, "exit"));
`;

const TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // What the package says of its types has to be right in itself.
    skipLibCheck: false,
    types: ["node"],
  },
};

const FILES: Readonly<Record<string, string>> = {
  "portcullis.config.ts": CONFIG,
  "program.ts": PROGRAM,
  "run.mjs": RUN,
  "tsconfig.json": JSON.stringify(TSCONFIG),
};

const LONGEST_MS = 60_000;

let wrong = 0;

function report(name: string, problems: readonly string[]): void {
  if (problems.length > 0) wrong++;
  process.stdout.write(`${problems.length === 0 ? "ok" : "NOT OK"}: ${name}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem.trim().replaceAll("\n", "\n  ")}\n`);
}

async function checkForm({ tarball, project }: Published): Promise<void> {
  const bytes = readFileSync(tarball);
  const pkgDir = join(project, "node_modules/portcullis");
  const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
  report(
    "publint",
    messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code),
  );
  const analysis = await checkPackage(createPackageFromTarballData(bytes));
  report("are-the-types-wrong", analysis.types === false ? ["there are no types"] : typeProblems(analysis));
}

/** An ECMAScript module with exports: older compilers do not find it, and for one that sees CommonJS it is a module that it may require. */
function typeProblems(analysis: Analysis): string[] {
  const found = (["node16-esm", "bundler"] as const).flatMap((resolutionKind) =>
    filterProblems(analysis, { resolutionKind }),
  );
  return [...new Set(found)].map(
    (problem) => `${problemKindInfo[problem.kind].title}: ${JSON.stringify(problem)}`,
  );
}

/** Runs a program in the project and reports what it should have written and has not. */
function checkRun(
  name: string,
  project: string,
  [program, ...args]: [string, ...string[]],
  expected: RegExp,
): void {
  // What the repository's own scripts have set is not there for users.
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: project,
    encoding: "utf8",
    env,
    timeout: LONGEST_MS,
  });
  const right = status === 0 && expected.test(stdout);
  const end = error?.message ?? `exit code ${status}`;
  report(name, right ? [] : [`${end}, expected 0 and ${String(expected)}\n${stdout}${stderr}`]);
}

function checkOn(node: string, project: string, main: string): void {
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  const check = (name: string, args: readonly string[], expected: RegExp): void =>
    checkRun(`${name}, Node.js ${version}`, project, [node, ...args], expected);
  check("portcullis --help", [main, "--help"], /^Usage: portcullis /);
  check("portcullis check", [main, "check"], /^the config is right: 2 routes, 1 service\n$/);
  const served = /^200 hello\n\[ 0, null \]\n$/;
  check("portcullis run", ["run.mjs"], served);
  check("portcullis run --sandbox", ["run.mjs", "--sandbox"], served);
  check("a program with a gateway", ["program.ts"], /^200 hello\n1\n$/);
}

/** Installs the Node.js of that version for this machine, as development gets its own, and returns the program. */
function installNode(folder: string, version: string): string {
  const { optionalDependencies } = readJson(join(ROOT, "runtime/package.json")) as Runtime;
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const name = Object.keys(optionalDependencies).find((name) => name.endsWith(platform));
  if (name === undefined) throw new NpmError(`there is no package with Node.js for ${platform}`);
  install(folder, [`${name}@${version}`]);
  const [program] = globSync(`node_modules/${name}/bin/node{,.exe}`, { cwd: folder });
  if (program === undefined) throw new NpmError(`${name} has no program`);
  return join(folder, program);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process[args[0] === "--help" ? "stdout" : "stderr"].write(HELP);
    return args[0] === "--help" ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-package-"));
  try {
    const { devDependencies, engines } = readJson(join(ROOT, "package.json")) as Manifest;
    const published = publishInto(folder, [`@types/node@${devDependencies["@types/node"]}`]);
    const { project, main } = published;
    const oldest = installNode(join(folder, "node"), engines.node.replace(">=", ""));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(project, name), text);
    await checkForm(published);
    for (const node of [oldest, process.execPath]) checkOn(node, project, main);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    checkRun("the compiler, with all types of libraries", project, [process.execPath, tsc], /^$/);
    return wrong === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NpmError)) throw error;
    process.stderr.write(`the package was not checked: ${error.message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

process.exitCode = await main(process.argv.slice(2));
