import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePattern } from "./pattern.ts";

const read: readonly [pattern: string, segments: readonly string[]][] = [
  ["/", ["="]],
  ["/users", ["=users"]],
  ["/users/", ["=users", "="]],
  ["/users/{id}", ["=users", "{id"]],
  ["/{a}/{b-c_1}/x", ["{a", "{b-c_1", "=x"]],
  ["/*", ["*"]],
  ["/files/*", ["=files", "*"]],
  ["/{tenant}/*", ["{tenant", "*"]],
  ["/%7Euser/%2D", ["=~user", "=-"]],
  ["/caf%c3%a9", ["=caf%C3%A9"]],
  ["/café", ["=caf%C3%A9"]],
  ["/a%20b", ["=a%20b"]],
  ["/%2A", ["=%2A"]],
  ["/a<b", ["=a%3Cb"]],
  ["/v1:search,all@x=1", ["=v1:search,all@x=1"]],
  ["/...", ["=..."]],
  [`/${"a/".repeat(63)}`, [...Array.from({ length: 63 }, () => "=a"), "="]],
];
for (const [pattern, segments] of read) {
  void test(`pattern: ${pattern.slice(0, 40)} is read`, () => {
    const parsed = parsePattern(pattern);
    if (parsed.problem !== undefined) assert.fail(parsed.problem);
    assert.deepEqual(
      parsed.segments.map((segment) => {
        if (segment.kind === "literal") return `=${segment.text}`;
        return segment.kind === "param" ? `{${segment.name}` : "*";
      }),
      segments,
    );
  });
}

const refused: readonly [pattern: string, problem: RegExp][] = [
  ["", /begins with \//],
  ["users", /begins with \//],
  ["*", /begins with \//],
  ["//", /empty segments/],
  ["/a//b", /empty segments/],
  ["/a/*/b", /last segment/],
  ["/a/*/", /last segment/],
  ["/a*", /whole segment at the end/],
  ["/**", /whole segment at the end/],
  ["/{id", /whole segment/],
  ["/id}", /whole segment/],
  ["/{}", /whole segment/],
  ["/{a b}", /whole segment/],
  ["/{__proto__}", /whole segment/],
  ["/{id}.json", /whole segment/],
  ["/{a}/{a}", /occurs twice/],
  ["/a?b=c", /no query/],
  ["/a#b", /no request can have such a path/],
  ["/a b", /no request can have such a path/],
  ["/a;b", /no request can have such a path/],
  ["/a\\b", /no request can have such a path/],
  ["/a%2fb", /no request can have such a path/],
  ["/a%5Cb", /no request can have such a path/],
  ["/a%00", /no request can have such a path/],
  ["/a%0", /no request can have such a path/],
  ["/%ff", /no request can have such a path/],
  ["/a/./b", /no request can have such a path/],
  ["/a/..", /no request can have such a path/],
  ["/%2e%2e/a", /no request can have such a path/],
  ["/\ud800", /well-formed/],
  [`/${"a/".repeat(64)}`, /at most 64 segments/],
];
for (const [pattern, problem] of refused) {
  void test(`pattern: ${JSON.stringify(pattern.slice(0, 40))} is refused`, () => {
    assert.match(parsePattern(pattern).problem ?? "accepted", problem);
  });
}
