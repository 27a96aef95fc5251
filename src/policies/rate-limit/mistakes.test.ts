/** What does not go together in a config is refused with its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { setUp, type Input } from "./testing.ts";

const cases: readonly (readonly [config: Input, path: readonly (string | number)[], message: RegExp])[] = [
  [{ limit: 1 }, ["window"], /needs a window/],
  [{ limit: 1, window: "1m", algorithm: "quota", period: "day" }, ["window"], /no window/],
  [{ limit: 1, algorithm: "quota" }, ["period"], /needs a period/],
  [{ limit: 1, window: "1m", period: "day" }, ["period"], /only a quota/],
  [{ limit: 1, window: "1m", algorithm: "concurrency" }, ["window"], /no window/],
  [{ limit: 1, window: "1m", algorithm: "sliding-window", burst: 2 }, ["burst"], /no burst/],
  [{ limit: 20_000, window: "1m", algorithm: "sliding-log" }, ["limit"], /too much memory/],
  [{ limit: 10_000, window: "1m", algorithm: "sliding-log" }, ["maxKeys"], /take \d+ MB/],
  [{ limit: 100_000_000, window: "1m", algorithm: "sliding-window" }, ["limit"], /exactly/],
  [{ limit: { claim: "a", default: 1, max: 1_000_000_000 }, window: "365d" }, ["limit"], /exactly/],
  // The largest size can be counted exactly, and another plan's cannot.
  [{ limit: { plans: { odd: 999_999_937 }, default: 1_000_000_000 }, window: "365d" }, ["limit"], /exactly/],
  [{ limit: 5, window: "1m", cost: 6 }, ["cost"], /can never pass/],
  [{ limit: 5, window: "1m", algorithm: "gcra", cost: 2 }, ["cost"], /at most 1/],
  [{ limit: { plans: { a: 1 }, default: 9 }, window: "1m", cost: 2 }, ["cost"], /at most 1/],
  [
    { limit: 5, algorithm: "concurrency", cost: { responseHeader: "x-cost" } },
    ["cost", "responseHeader"],
    /at the end/,
  ],
  [
    [
      { limit: 1, window: "1m", name: "a" },
      { limit: 1, window: "1m", name: "a" },
    ],
    [1, "name"],
    /two limits are called a/,
  ],
  [[{ limit: 1, window: "1m" }, { limit: 1 }], [1, "window"], /needs a window/],
];
for (const [config, path, message] of cases) {
  test(JSON.stringify(config), () => {
    assert.throws(
      () => setUp(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, path);
        assert.match(error.message, message);
        assert.ok(error.hint !== undefined && error.hint !== "");
        return true;
      },
    );
  });
}
