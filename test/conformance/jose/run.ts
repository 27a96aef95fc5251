/**
 * Vectors that others wrote for JSON Web Signatures and Keys, against the verifier of the policy jwt. None of them is in this
 * repository.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCookbook } from "./cookbook.ts";
import { renderResults, runSuite } from "./report.ts";
import { readWycheproof } from "./wycheproof.ts";

const help = `Usage: npm run conformance:jose -- [options]

Runs vectors of others against the policy jwt's own verifier, and writes the table in docs/conformance.md.

Options:
  --wycheproof DIR  testvectors_v1 of C2SP/wycheproof: JSON Web Signature, Key and Crypto
  --cookbook DIR    ietf-jose/cookbook: the examples of RFC 7520, 7797 and 8037
  --print           only prints the table, and writes nothing
  --help            this text

Ends with 0 when there is no finding, 1 when there is one or a suite has no case, 2 when it was called wrongly. The table is
written when all suites were run.

Examples:
  npm run conformance:jose -- --wycheproof ~/src/wycheproof/testvectors_v1 --cookbook ~/src/cookbook
  npm run conformance:jose -- --cookbook ~/src/cookbook --print
`;

const PAGE = join(import.meta.dirname, "../../../docs/conformance.md");
const SECTION = /(<!-- begin of conformance:jose -->\n).*(<!-- end of conformance:jose -->)/s;

function main(args: string[]): number {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(help);
    return 2;
  }
  const { wycheproof, cookbook, print } = options;
  if (options.help === true) {
    process.stdout.write(help);
    return 0;
  }
  for (const [name, folder] of Object.entries({ wycheproof, cookbook })) {
    if (folder === undefined || existsSync(folder)) continue;
    process.stderr.write(`--${name}: there is no folder ${folder}\n`);
    return 2;
  }
  const suites = [
    ...(wycheproof === undefined ? [] : readWycheproof(wycheproof)),
    ...(cookbook === undefined ? [] : [readCookbook(cookbook)]),
  ];
  const results = suites.map(runSuite);
  const table = renderResults(results);
  process.stdout.write(`${table}\n`);
  for (const { suite, findings } of results)
    for (const finding of findings) process.stdout.write(`finding: ${suite.name}, ${finding}\n`);
  const empty = suites.filter(({ cases }) => cases.length === 0);
  for (const { name } of empty) process.stderr.write(`${name}: no case was read\n`);
  if (print !== true && wycheproof !== undefined && cookbook !== undefined) {
    writeFileSync(PAGE, readFileSync(PAGE, "utf8").replace(SECTION, `$1\n${table}\n$2`));
  }
  return empty.length > 0 || results.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function readOptions(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const options = { wycheproof: text, cookbook: text, print: flag, help: flag };
    const { values } = parseArgs({ args, options });
    const { wycheproof, cookbook, help } = values;
    return wycheproof === undefined && cookbook === undefined && help === undefined ? undefined : values;
  } catch {
    return undefined;
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  process.stderr.write(`A folder is not as expected: ${error.message}\n`);
  process.exitCode = 2;
}
