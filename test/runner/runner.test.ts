/** The runner of these tests: which files share a process, what it says of failures, and of several runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { formGroups, writeEntry } from "./groups.ts";
import { describeRun, isLoaded, summarize, type Run } from "./summary.ts";

const file = (path: string, text = "") => ({ path, text });

suite("groups", () => {
  const alone = "/** What it is. */\n// In a process of its own: it takes long.\n";
  const cases: readonly [
    what: string,
    files: ReturnType<typeof file>[],
    count: number,
    groups: string[][],
  ][] = [
    [
      "neighbours are dealt out",
      ["c", "a", "e", "b", "d"].map((path) => file(path)),
      2,
      [
        ["a", "c", "e"],
        ["b", "d"],
      ],
    ],
    ["a file that says so is alone, first", [file("a"), file("b", alone), file("c")], 1, [["b"], ["a", "c"]]],
    ["a file has to say why", [file("a", "// In a process of its own:\n")], 3, [["a"]]],
    [
      "a text in the file is no such word",
      [file("a", 'const a = "// In a process of its own: a";'), file("b")],
      1,
      [["a", "b"]],
    ],
    ["there may be fewer files than groups", [file("a"), file("b")], 8, [["a"], ["b"]]],
    ["there may be none", [], 8, []],
  ];
  for (const [what, files, count, expected] of cases)
    test(what, () =>
      assert.deepEqual(
        formGroups(files, count).map(({ paths }) => paths),
        expected,
      ),
    );

  test("what is alone is not covered", () => {
    const groups = formGroups([file("a"), file("b", alone)], 1);
    assert.deepEqual(
      groups.map(({ covered }) => covered),
      [false, true],
    );
  });
});

suite("files in one process", () => {
  const FILES = {
    "a.ts": `import { beforeEach, test } from "node:test";
      beforeEach(() => { globalThis.hooks = (globalThis.hooks ?? 0) + 1; });
      test("leaves something behind", () => { process.env.LEFT = "behind"; });`,
    "b.ts": `import assert from "node:assert"; import { test } from "node:test";
      test("knows no hook of another file", () => assert.equal(globalThis.hooks, 1));
      test("is wrong", () => assert.fail("wrong"));
      test("has a part", async (t) => { await t.test("that is wrong", () => assert.fail("wrong")); });`,
    "c.ts": `throw new Error("cannot be loaded");`,
  };

  test("each has its own hooks, all failures are told with their file, and one that leaves something behind fails", (t) => {
    const directory = mkdtempSync(join(tmpdir(), "portcullis-runner-"));
    t.after(() => rmSync(directory, { recursive: true }));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
    const entry = join(directory, "entry.mjs");
    writeFileSync(entry, writeEntry(directory, { paths: Object.keys(FILES), covered: true }));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--test", `--test-reporter=${new URL("failed-tests.ts", import.meta.url).href}`, entry],
      { cwd: directory, encoding: "utf8", env },
    );
    assert.equal(status, 1, stderr);
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as string);
    assert.deepEqual(
      told.map((line) => line.replace(/^\S+run-files\.ts: /, "")),
      ["a.ts", "b.ts: is wrong", "b.ts: that is wrong", "c.ts"],
    );
  });
});

const run = (failedTests: readonly string[], loaded = false, passed = failedTests.length === 0): Run => ({
  failedTests,
  loaded,
  passed,
});

suite("several runs", () => {
  test("every third is loaded", () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(isLoaded), [false, false, true, false, false, true]);
  });

  test("each test that ever failed is named, the most frequent first, with its runs", () => {
    const runs = [run([]), run(["a: x"]), run(["b: y", "a: x", "a: x"], true), run([], false, false)];
    assert.deepEqual(runs.map(describeRun), [
      "passed",
      "failed: a: x",
      "failed: b: y; a: x",
      "failed, and names no test",
    ]);
    assert.equal(
      summarize(runs),
      `a: x
  failed in 2 of 4 runs: 2, 3 (loaded)
b: y
  failed in 1 of 4 runs: 3 (loaded)
no test is named
  failed in 1 of 4 runs: 4
1 of 4 runs passed
`,
    );
    assert.equal(summarize([run([])]), "1 of 1 runs passed\n");
  });

  for (const [args, status, stdout, stderr] of [
    [["--help"], 0, /^Usage: npm run test:often.*\nExamples:\n/s, /^$/],
    [["--times", "0"], 2, /^$/, /^error: --times is a number from 1 to 9999, not "0"\n/],
    [["--often"], 2, /^$/, /^error: Unknown option '--often'/],
  ] as const)
    test(`test:often ${args.join(" ")}`, () => {
      const program = join(import.meta.dirname, "often.ts");
      const ended = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
      assert.equal(ended.status, status);
      assert.match(ended.stdout, stdout);
      assert.match(ended.stderr, stderr);
    });
});
