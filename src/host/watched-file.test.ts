import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lookAtFiles } from "../testing/look-at-files.ts";
import { SimulatedClock } from "../simulation/simulated-host.ts";
import { WatchedFile, type FileContent } from "./watched-file.ts";

function textOf(content: FileContent): string {
  return content.problem === undefined ? content.bytes.toString() : `(${content.problem})`;
}

/** A file that is watched, in a directory of its own. */
function watched(t: TestContext, text?: string, maxBytes = 100) {
  const directory = fs.mkdtempSync(join(tmpdir(), "portcullis-watch-"));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const path = join(directory, "keys.json");
  if (text !== undefined) fs.writeFileSync(path, text);
  const clock = new SimulatedClock();
  const seen: string[] = [];
  const file = new WatchedFile(path, maxBytes);
  const first = textOf(file.read());
  file.watch(clock, (content) => seen.push(textOf(content)));
  t.after(() => file.close());
  const look = (): Promise<void> => lookAtFiles(t, clock);
  return { directory, path, clock, seen, file, first, look };
}

test("tells what it holds, and each change once", async (t) => {
  const { path, seen, first, look } = watched(t, "one");
  assert.equal(first, "one");
  for (let i = 0; i < 3; i++) await look();
  assert.deepEqual(seen, []);
  fs.writeFileSync(path, "two");
  for (let i = 0; i < 3; i++) await look();
  fs.appendFileSync(path, " and three");
  for (let i = 0; i < 3; i++) await look();
  assert.deepEqual(seen, ["two", "two and three"]);
});

test("a change to the same length at the same time is seen", async (t) => {
  const { path, seen, look } = watched(t, "one");
  const time = new Date(2026, 0, 1);
  for (const text of ["two", "six"]) {
    fs.writeFileSync(path, text);
    fs.utimesSync(path, time, time);
    await look();
  }
  assert.deepEqual(seen, ["two", "six"]);
});

test("what is written behind a look, with the same stamp, is found by the next; a file at rest is not read", (t) => {
  const { path, clock, seen } = watched(t, "one");
  // One stamp for several contents, as if they came within a tick of the system's clock.
  let stats = fs.statSync(path, { bigint: true });
  t.mock.method(fs, "fstatSync", () => stats);
  type Done = (error: null, found: typeof stats) => void;
  t.mock.method(fs, "stat", (_path: string, _options: object, done: Done) => done(null, stats));
  const read = t.mock.method(fs, "readSync");
  const write = (text: string): void => {
    fs.writeFileSync(path, text);
    clock.advance(2000);
  };
  write("two");
  assert.deepEqual(seen, ["two"]);
  const reads = read.mock.callCount();
  clock.advance(60_000);
  assert.equal(read.mock.callCount(), reads);

  // Another file with the same times.
  stats = Object.assign(Object.create(Object.getPrototypeOf(stats) as object) as typeof stats, stats, {
    ino: stats.ino + 1n,
  });
  write("six");
  write("ten");
  assert.deepEqual(seen, ["two", "six", "ten"]);
});

test("a touched file, and one with the same content in its place, are no change", async (t) => {
  const { directory, path, seen, look } = watched(t, "one");
  fs.utimesSync(path, 1, 1);
  await look();
  fs.writeFileSync(join(directory, "new"), "one");
  fs.renameSync(join(directory, "new"), path);
  for (let i = 0; i < 3; i++) await look();
  assert.deepEqual(seen, []);
});

test("a new file in its place is seen, though it is older", async (t) => {
  const { directory, path, seen, look } = watched(t, "one");
  await look();
  await look();
  fs.writeFileSync(join(directory, "new"), "two");
  fs.utimesSync(join(directory, "new"), 1, 1);
  fs.renameSync(join(directory, "new"), path);
  await look();
  assert.deepEqual(seen, ["two"]);
});

test("a swap of Kubernetes' symbolic link is seen", async (t) => {
  const { directory, path, clock } = watched(t);
  for (const [version, text] of [
    ["..2026_01", "one"],
    ["..2026_02", "two"],
  ] as const) {
    fs.mkdirSync(join(directory, version));
    fs.writeFileSync(join(directory, version, "keys.json"), text);
    // As they would be where both come from one archive.
    fs.utimesSync(join(directory, version, "keys.json"), 1, 1);
  }
  fs.symlinkSync("..2026_01", join(directory, "..data"));
  fs.symlinkSync("..data/keys.json", path);
  const file = new WatchedFile(path, 100);
  t.after(() => file.close());
  const seen: string[] = [];
  assert.equal(textOf(file.read()), "one");
  const { promise, resolve } = Promise.withResolvers<void>();
  file.watch(clock, (content) => {
    seen.push(textOf(content));
    resolve();
  });
  fs.symlinkSync("..2026_02", join(directory, "..data_tmp"));
  fs.renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  fs.rmSync(join(directory, "..2026_01"), { recursive: true });
  clock.advance(2000);
  await promise;
  assert.deepEqual(seen, ["two"]);
});

test("a file that is gone, and back, is told of once each", async (t) => {
  const { path, seen, look } = watched(t, "one");
  fs.rmSync(path);
  for (let i = 0; i < 3; i++) await look();
  fs.writeFileSync(path, "one");
  for (let i = 0; i < 3; i++) await look();
  assert.deepEqual(seen, ["(there is no such file)", "one"]);
});

test("a file that was not there comes", async (t) => {
  const { path, first, seen, look } = watched(t);
  assert.equal(first, "(there is no such file)");
  await look();
  fs.writeFileSync(path, "one");
  await look();
  assert.deepEqual(seen, ["one"]);
});

test("the size is bounded, exactly", async (t) => {
  const { path, seen, look } = watched(t, "x", 70_000);
  for (const length of [70_000, 70_001, 0]) {
    fs.writeFileSync(path, "x".repeat(length));
    await look();
  }
  assert.deepEqual(
    seen.map((text) => (text.startsWith("(") ? text : text.length)),
    [70_000, "(it is larger than 70000 bytes)", 0],
  );
});

test("a file that says it is small and is not is bounded, too", (t) => {
  const { path } = watched(t, "x".repeat(200), 1000);
  const stats = fs.statSync(path, { bigint: true });
  stats.size = 0n;
  t.mock.method(fs, "fstatSync", () => stats);
  assert.equal(textOf(new WatchedFile(path, 199).read()), "(it is larger than 199 bytes)");
  assert.equal(textOf(new WatchedFile(path, 200).read()), "x".repeat(200));
});

const others: readonly (readonly [what: string, make: (path: string) => void, problem: string])[] = [
  ["a directory", (path) => fs.mkdirSync(path), "(it is no regular file)"],
  ["a pipe that nobody writes to", (path) => execFileSync("mkfifo", [path]), "(it is no regular file)"],
  ["a device without end", (path) => fs.symlinkSync("/dev/zero", path), "(it is no regular file)"],
  ["links in a circle", (path) => fs.symlinkSync(path, path), "(its symbolic links lead in a circle)"],
  ["a link to nowhere", (path) => fs.symlinkSync("/nowhere", path), "(there is no such file)"],
  ["a name below a file", (path) => fs.symlinkSync("/dev/null/a", path), "(there is no such file)"],
];
for (const [what, make, problem] of others) {
  test(`${what} in its place is told of`, { skip: process.platform === "win32" }, async (t) => {
    const { path, seen, look } = watched(t, "one");
    fs.rmSync(path);
    make(path);
    for (let i = 0; i < 3; i++) await look();
    assert.deepEqual(seen, [problem]);
  });
}

test("errors of the system are told of by their codes", (t) => {
  const { path } = watched(t, "one");
  const broken = Object.assign(new Error("no"), { code: "EIO" });
  const read = t.mock.method(fs, "readSync", () => {
    throw broken;
  });
  assert.equal(textOf(new WatchedFile(path, 100).read()), "(it cannot be read (EIO))");
  read.mock.restore();
  t.mock.method(fs, "openSync", () => {
    throw broken;
  });
  assert.equal(textOf(new WatchedFile(path, 100).read()), "(it cannot be opened (EIO))");
});

test("a look that takes its time is the only one, and one after the end says nothing", (t) => {
  const { path, clock, seen, file } = watched(t, "one");
  const stat = t.mock.method(fs, "stat", () => {});
  clock.advance(10_000);
  assert.equal(stat.mock.callCount(), 1);
  fs.writeFileSync(path, "two");
  file.close();
  const done = stat.mock.calls[0]!.arguments[2] as (error: null, stats: fs.BigIntStats) => void;
  done(null, fs.statSync(path, { bigint: true }));
  assert.deepEqual(seen, []);
  assert.equal(clock.timers, 0);
});
