import assert from "node:assert/strict";
import { test } from "node:test";
import { peers } from "../peers/index.ts";
import { judgeBounds } from "./bounds.ts";
import { renderDocument } from "./document.ts";
import { makeSampleResults } from "./sample-results.ts";

test("the document has every bound with its verdict, every measured peer, and what it was measured with", () => {
  const results = makeSampleResults();
  const document = renderDocument(results, judgeBounds(results));
  for (const verdict of judgeBounds(results)) assert.ok(document.includes(`| ${verdict.figure} |`));
  for (const { name, title } of peers) {
    assert.equal(document.includes(`| ${title} |`), results.load.has(name), name);
  }
  assert.match(document, /HAProxy 2\.6\.12/);
  assert.match(document, /Linux 6\.1\.0/);
  assert.doesNotMatch(document, /undefined|NaN/);
});
