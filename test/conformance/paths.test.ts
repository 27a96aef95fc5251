/**
 * One canonical path for everything, held against a million targets: what the router and the policies saw is what the
 * service gets, and no spelling of a protected path reaches a service past its policies, however lax the service reads.
 */
// In a process of its own: a million targets take twice as long where every block is counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { checkTarget, isProtected, laxReadings, makeTarget, type Fate } from "./path-readings.ts";

const TARGETS = 1_000_000;

test("no spelling of a protected path reaches its service without its policies", () => {
  const { random } = simulatedHost();
  const counts = { refused: 0, open: 0, "open, escaped": 0, guarded: 0, "guarded, escaped": 0 };
  for (let i = 0; i < TARGETS; i++) counts[checkTarget(makeTarget(() => random.fraction())) satisfies Fate]++;
  const accepted = TARGETS - counts.refused;
  const escaped = counts["open, escaped"] + counts["guarded, escaped"];
  const guarded = counts.guarded + counts["guarded, escaped"];
  assert.ok(accepted > TARGETS / 20, `only ${accepted} were accepted`);
  assert.ok(escaped > TARGETS / 1000, `only ${escaped} had encoded slashes`);
  assert.ok(guarded > TARGETS / 200, `only ${guarded} came to the protected routes`);
});

test("the readings are as lax as they are said to be", () => {
  for (const path of [
    "/a/../admin",
    "//admin",
    "/a/%2e%2e/admin",
    "/a%2f..%2fadmin",
    "/;x/admin",
    "/%5cadmin",
    "/admin%00",
    "/ADMIN/",
    "/vault/Keys/",
  ])
    assert.ok(laxReadings(path).some(isProtected), path);
});
