import assert from "node:assert/strict";
import { test } from "node:test";
import { helpText, parseOptions, UsageError } from "./options.ts";
import { peerNames } from "./peers/index.ts";

test("without options it is the full run of every peer", () => {
  const options = parseOptions([]);
  assert.deepEqual(options.peers, peerNames);
  assert.equal(options.partial, false);
  assert.equal(options.quick, false);
  assert.ok(options.rounds >= 5);
});

test("a quick run still has five rounds, of windows that the clock's ticks are fine enough for", () => {
  const options = parseOptions(["--quick"]);
  assert.equal(options.rounds, 5);
  assert.ok(options.windowSeconds >= 3);
});

test("peers come in the order of a round, whatever order they are named in, and are a partial run", () => {
  const options = parseOptions(["--peers", "haproxy-shop,nginx-plain", "--rounds", "2"]);
  assert.deepEqual(
    options.peers,
    peerNames.filter((name) => name === "haproxy-shop" || name === "nginx-plain"),
  );
  assert.equal(options.partial, true);
  assert.equal(options.rounds, 2);
});

for (const args of [
  ["--peers", "apache"],
  ["--peers", ""],
  ["--rounds", "0"],
  ["--rounds", "1.5"],
  ["--rounds", "many"],
  ["--fast"],
  ["extra"],
]) {
  test(`${args.join(" ")} is a usage error`, () => {
    assert.throws(() => parseOptions(args), UsageError);
  });
}

test("the help ends in examples", () => {
  assert.match(helpText.slice(helpText.indexOf("Examples:")), /npm run bench -- --quick/);
});
