import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuTicks, parsePeakBytes, parseResidentBytes } from "./process-figures.ts";

const rest = "S 1 42 42 0 -1 4194560 2000 0 5 0 321 123 7 9 20 0 11 0 12345 1000000 5000";

for (const command of ["node", "a b", "nginx: worker (1)", ") S 9 9"]) {
  test(`CPU ticks are user plus system time for the command "${command}"`, () => {
    assert.equal(parseCpuTicks(`42 (${command}) ${rest}`), 444);
  });
}

test("what is not a stat line is an error", () => {
  assert.throws(() => parseCpuTicks("42 (node) S 1 2"), /not a stat line/);
});

test("resident bytes come from the Rss line alone", () => {
  const rollup =
    "5581-7ffd ---p 00000000 00:00 0  [rollup]\nRss:                2048 kB\nPss:   1000 kB\nPss_Dirty: 3 kB\n";
  assert.equal(parseResidentBytes(rollup), 2 * 1024 * 1024);
  assert.throws(() => parseResidentBytes("Pss: 1 kB\n"), /without Rss/);
});

test("the peak comes from its line alone", () => {
  assert.equal(parsePeakBytes("VmPeak:\t 9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), 2 * 1024 * 1024);
  assert.throws(() => parsePeakBytes("VmRSS: 1 kB\n"), /without VmHWM/);
});
