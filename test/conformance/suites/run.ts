/**
 * Suites that others wrote for HTTP/1.1, read from checkouts of their repositories and run against the codec and whole gateways.
 * None of their code or cases is in this repository.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isBetween, startBetween } from "./between.ts";
import { compareGuardian, readGuardian } from "./desync-guardian.ts";
import { compareGunicorn, readGunicorn } from "./gunicorn.ts";
import { runH1spec } from "./h1spec.ts";
import { readHaproxy, withKnown as withKnownOfHaproxy } from "./haproxy-vtc.ts";
import { readHttp11Probe, withKnown } from "./http11probe.ts";
import { readGarden } from "./http-garden.ts";
import { readLlhttp } from "./llhttp-cases.ts";
import { runAsService } from "./llhttp-services.ts";
import { compareLlhttp } from "./llhttp.ts";
import type { SuiteResult } from "./outcome.ts";
import { runPayloads } from "./payloads.ts";
import { comparePico, readPico } from "./picohttpparser.ts";
import { readRequestSmuggler } from "./request-smuggler.ts";
import { readRequestFiles } from "./request-files.ts";
import { renderDifferences, renderTable } from "./report.ts";
import { runSmugglerScript } from "./smuggler-script.ts";
import { readSmuggler } from "./smuggler.ts";
import { SuiteStage } from "./stage.ts";

const help = `Usage: npm run conformance:http1 -- [options]

Runs suites of others against the gateway, from checkouts of their repositories.

Options:
  --h1spec DIR           uNetworking/h1spec: its script, against a whole gateway
  --llhttp DIR           nodejs/llhttp: test/request and test/response, against the codec; its responses
                         also as answers of a service, against a whole gateway
  --picohttpparser DIR   h2o/picohttpparser: test.c, against the codec
  --gunicorn DIR         benoitc/gunicorn: tests/requests, against the codec
  --guardian DIR         aws/http-desync-guardian: tests, against the codec
  --garden DIR           narfindustries/http-garden: its payloads, through a gateway
  --smuggler DIR         defparam/smuggler: all mutations of all configs, through a gateway
  --http11probe DIR      MDA2AV/Http11Probe: the payloads that can be read, through a gateway
  --requests DIR         requests in files *.req, as those of a thesis on request smuggling
                         (mattiasgrenfeldt/bachelors-thesis-http-request-smuggling), through a gateway
  --request-smuggler DIR PortSwigger/http-request-smuggler: its permutations of fields, through a gateway
  --haproxy DIR          haproxy/haproxy: its regression tests of targets, hosts and codings, through a gateway
  --through NAMES        also with these between the gateway and the service: nginx, haproxy
  --differences          also prints each case in which the gateway is stricter, or differs on purpose
  --help                 this text

Ends with 0 when there is no finding, 1 when there is one or a suite has no case, 2 when it was called wrongly.

Examples:
  npm run conformance:http1 -- --h1spec ~/src/h1spec
  npm run conformance:http1 -- --llhttp ~/src/llhttp --differences
  npm run conformance:http1 -- --garden ~/src/http-garden --smuggler ~/src/smuggler --through nginx,haproxy
`;

type Options = NonNullable<ReturnType<typeof readOptions>>;

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(help);
    return 2;
  }
  if (options.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const wrong = whatIsWrong(options);
  if (wrong !== undefined) {
    process.stderr.write(`${wrong}\n`);
    return 2;
  }
  const results = [...runCodec(options), ...(await runGateways(options))];
  process.stdout.write(
    `${renderTable(results)}\n${renderDifferences(results, options.differences === true)}`,
  );
  const empty = results.filter(({ outcomes }) => outcomes.length === 0);
  for (const { suite } of empty) process.stderr.write(`${suite}: no case was read\n`);
  const hasFinding = results.some(({ outcomes }) => outcomes.some(({ verdict }) => verdict === "finding"));
  return hasFinding || empty.length > 0 ? 1 : 0;
}

function whatIsWrong({
  help: _help,
  differences: _differences,
  through,
  ...folders
}: Options): string | undefined {
  for (const [name, folder] of Object.entries(folders))
    if (!existsSync(folder)) return `--${name}: there is no folder ${folder}`;
  for (const name of through?.split(",") ?? [])
    if (!isBetween(name)) return `--through: ${name} is not installed, or none of nginx and haproxy`;
  return undefined;
}

function readOptions(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      args,
      options: {
        h1spec: text,
        llhttp: text,
        picohttpparser: text,
        gunicorn: text,
        guardian: text,
        requests: text,
        haproxy: text,
        "request-smuggler": text,
        garden: text,
        smuggler: text,
        http11probe: text,
        through: text,
        differences: flag,
        help: flag,
      },
    });
    return Object.keys(values).length === 0 ? undefined : values;
  } catch {
    return undefined;
  }
}

function runCodec({ llhttp, picohttpparser, gunicorn, guardian }: Options): SuiteResult[] {
  const results: SuiteResult[] = [];
  if (llhttp !== undefined) {
    const cases = readLlhttp(llhttp);
    for (const kind of ["request", "response"] as const)
      results.push({
        suite: `llhttp ${versionOf(llhttp)}, ${kind}s`,
        outcomes: compareLlhttp(cases.filter((one) => one.kind === kind)),
      });
  }
  if (picohttpparser !== undefined)
    results.push({
      suite: `picohttpparser ${versionOf(picohttpparser)}`,
      outcomes: comparePico(readPico(picohttpparser)),
    });
  if (gunicorn !== undefined) {
    const { cases, withSettings } = readGunicorn(gunicorn);
    results.push({
      suite: `gunicorn ${versionOf(gunicorn)}`,
      outcomes: compareGunicorn(cases),
      skipped: { "they want settings of gunicorn's": withSettings },
    });
  }
  if (guardian !== undefined)
    results.push({
      suite: `http-desync-guardian ${versionOf(guardian)}`,
      outcomes: compareGuardian(readGuardian(guardian)),
    });
  return results;
}

async function runGateways(options: Options): Promise<SuiteResult[]> {
  const { h1spec, llhttp } = options;
  const through = options.through?.split(",") ?? [];
  const results: SuiteResult[] = [];
  if (llhttp !== undefined)
    results.push({
      suite: `llhttp ${versionOf(llhttp)}, responses as a service`,
      outcomes: await runAsService(readLlhttp(llhttp)),
    });
  const stage = await SuiteStage.start();
  try {
    if (h1spec !== undefined)
      results.push({ suite: `h1spec ${versionOf(h1spec)}`, outcomes: await runH1spec(h1spec, stage.port) });
    results.push(...(await runPayloadSuites(options, stage, "")));
  } finally {
    await stage.close();
  }
  for (const name of through) results.push(...(await runThrough(options, name)));
  return results;
}

async function runThrough(options: Options, name: string): Promise<SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-suites-"));
  const between = await startBetween(name, folder);
  try {
    const stage = await SuiteStage.start(between.start);
    try {
      return await runPayloadSuites(options, stage, `, ${name} between`);
    } finally {
      await stage.close();
    }
  } finally {
    await between.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPayloadSuites(options: Options, stage: SuiteStage, where: string): Promise<SuiteResult[]> {
  const { garden, smuggler, http11probe, requests, haproxy } = options;
  const results: SuiteResult[] = [];
  if (garden !== undefined)
    results.push({
      suite: `http-garden ${versionOf(garden)}${where}`,
      outcomes: await runPayloads(stage, readGarden(garden)),
    });
  if (smuggler !== undefined)
    for (const [file, payloads] of readSmuggler(smuggler)) {
      const suite = `smuggler ${versionOf(smuggler)}, ${file}`;
      results.push({ suite: `${suite}${where}`, outcomes: await runPayloads(stage, payloads) });
      const outcomes = await runSmugglerScript(smuggler, file, stage.port);
      if (outcomes !== undefined) results.push({ suite: `${suite}, its script${where}`, outcomes });
    }
  if (requests !== undefined)
    results.push({
      suite: `requests in files ${versionOf(requests)}${where}`,
      outcomes: await runPayloads(stage, readRequestFiles(requests)),
    });
  const requestSmuggler = options["request-smuggler"];
  if (requestSmuggler !== undefined) {
    const { payloads, unread } = readRequestSmuggler(requestSmuggler);
    results.push({
      suite: `HTTP Request Smuggler ${versionOf(requestSmuggler)}${where}`,
      outcomes: await runPayloads(stage, payloads),
      skipped: { "they are beyond the reader": unread },
    });
  }
  if (haproxy !== undefined)
    results.push({
      suite: `HAProxy ${versionOf(haproxy)}${where}`,
      outcomes: withKnownOfHaproxy(await runPayloads(stage, readHaproxy(haproxy))),
    });
  if (http11probe !== undefined) {
    const { payloads, unread } = readHttp11Probe(http11probe);
    results.push({
      suite: `Http11Probe ${versionOf(http11probe)}${where}`,
      outcomes: withKnown(await runPayloads(stage, payloads)),
      skipped: { "made by a program": unread },
    });
  }
  return results;
}

/** The commit that is checked out. */
function versionOf(folder: string): string {
  try {
    return execFileSync("git", ["-C", folder, "rev-parse", "--short=9", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "(no commit)";
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  process.stderr.write(`A checkout is not as expected: ${error.message}\n`);
  process.exitCode = 2;
}
