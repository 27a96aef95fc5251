/** A short run of what `npm run fuzz` does for hours, always with the same cases. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestFuzzer, responseFuzzer } from "./fuzzer.ts";
import { shrink } from "./shrink.ts";

const CASES = 6000;

for (const fuzzer of [requestFuzzer, responseFuzzer]) {
  test(`${fuzzer.what} (${CASES} cases)`, async () => {
    let cases = 0;
    const report = await fuzzer.run({
      seed: 1,
      until: () => cases >= CASES,
      progress: (tried) => (cases = tried),
    });
    assert.equal(report.finding, undefined);
    assert.ok(report.kept! > 200, `only ${report.kept} behaved like none before`);
  });
}

test("a replay tells what is wrong, or nothing", async () => {
  const bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  assert.equal(await requestFuzzer.replay(JSON.stringify({ bytes, cuts: [3] })), undefined);
  await assert.rejects(requestFuzzer.replay("{"), SyntaxError);
});

test("a finding is made small, and its cuts move with the bytes", () => {
  const found = shrink("xxxxxabyyyyyyyy", [2, 6, 9], (text, cuts) => {
    const at = text.indexOf("ab");
    return at !== -1 && cuts.includes(at + 1);
  });
  assert.deepEqual(found, ["ab", [1]]);
});
