import assert from "node:assert/strict";
import { test } from "node:test";
import { renderAligned, renderMarkdown } from "./tables.ts";

const table = [
  ["peer", "req/s"],
  ["nginx", "30000"],
  ["fast-gateway", "9"],
];

test("a table in Markdown has its numbers at the right", () => {
  assert.equal(
    renderMarkdown(table),
    "| peer | req/s |\n| --- | ---: |\n| nginx | 30000 |\n| fast-gateway | 9 |",
  );
});

test("a table on the terminal is aligned by its widest cells", () => {
  assert.equal(renderAligned(table), "peer          req/s\nnginx         30000\nfast-gateway      9");
});
