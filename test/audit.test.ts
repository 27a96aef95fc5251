/** What the published package brings along has no weakness that the registry knows of: where that can be asked. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

/** Of `npm audit --json`: the report, or what kept npm from getting one. */
interface Audit {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
  readonly message?: string;
}

test("no dependency has a known weakness", (t) => {
  if (process.env["CI"] === undefined) {
    t.skip("the registry is asked where CI is set");
    return;
  }
  const { stdout, error } = spawnSync(
    "npm",
    ["audit", "--omit=dev", "--json", "--fetch-retries=0", "--fetch-timeout=20000"],
    { cwd: join(import.meta.dirname, ".."), encoding: "utf8", timeout: 60_000 },
  );
  const audit = (error === undefined && stdout.startsWith("{") ? JSON.parse(stdout) : {}) as Audit;
  if (audit.auditReportVersion === undefined) {
    t.skip(`not audited: ${audit.message ?? error?.message ?? "npm gave no report"}`);
    return;
  }
  const found = Object.entries(audit.vulnerabilities ?? {}).map(
    ([name, { severity }]) => `${name}: ${severity}`,
  );
  assert.deepEqual(found, []);
});
