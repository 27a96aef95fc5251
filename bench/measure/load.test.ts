import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLoadReport } from "./load.ts";

const report =
  'report {"requests":60500,"durationUs":3000123,"p50Us":1850,"p99Us":9120,"refused":0,"broken":0}';

test("the report is found among wrk's own lines", () => {
  const output = `Running 3s test @ http://127.0.0.1:1/\n  1 threads and 64 connections\n  Latency  2.00ms\nTransfer/sec:  9MB\n\n${report}\n`;
  assert.deepEqual(parseLoadReport(output), {
    requests: 60500,
    durationUs: 3000123,
    p50Us: 1850,
    p99Us: 9120,
    refused: 0,
    broken: 0,
  });
});

for (const [what, output] of [
  ["no report", "unable to connect to 127.0.0.1:1 Connection refused"],
  ["a report that lacks a figure", 'report {"requests":1}'],
  ["a figure that is no number", report.replace("1850", '"1850"')],
] as const) {
  test(`${what} is an error`, () => {
    assert.throws(() => parseLoadReport(output), /report/);
  });
}
