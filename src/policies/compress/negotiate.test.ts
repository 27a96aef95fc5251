import assert from "node:assert/strict";
import { test } from "node:test";
import { EncodingNegotiation } from "./negotiate.ts";
import { CODINGS, type Coding } from "./schema.ts";

const cases: [field: string, coding: Coding | undefined, identityRefused?: boolean][] = [
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "br"],
  ["GZIP", "gzip"],
  ["x-gzip", undefined],
  ["deflate", undefined],
  ["", undefined],
  ["identity", undefined],
  ["*", "zstd"],
  ["*;q=0", undefined, true],
  ["gzip;q=0", undefined],
  ["gzip;q=0, *", "zstd"],
  ["zstd;q=0, *;q=0.5", "br"],
  ["gzip;q=1, br;q=0.9, zstd;q=0.8", "gzip"],
  ["gzip;q=0.5, br;q=0.5", "br"],
  ["identity, gzip;q=0.5", undefined],
  ["identity;q=0.5, gzip;q=0.5", "gzip"],
  ["identity;q=0, gzip", "gzip", true],
  ["identity;q=0", undefined, true],
  ["gzip, *;q=0", "gzip", true],
  ["gzip, identity, *;q=0", "gzip"],
  ["gzip;q=0.001", "gzip"],
  ["gzip ; q=1.000 , br;q=0.1", "gzip"],
  ["gzip;q=high", undefined],
  [",,;,=", undefined],
  [`gzip${", x".repeat(200)}`, undefined],
];

for (const [field, coding, identityRefused = false] of cases) {
  test(`Accept-Encoding "${field.slice(0, 60)}" takes ${coding ?? "no coding"}`, () => {
    const negotiation = new EncodingNegotiation(CODINGS);
    // The second answer comes out of the cache.
    for (let i = 0; i < 2; i++) assert.deepEqual(negotiation.choose(field), { coding, identityRefused });
  });
}

test("only what is offered is chosen, in the order in which it is offered", () => {
  const negotiation = new EncodingNegotiation(["gzip", "br"]);
  assert.equal(negotiation.choose("zstd, br, gzip").coding, "gzip");
  assert.equal(negotiation.choose("zstd").coding, undefined);
});

test("fields that never come twice change nothing for those that do", () => {
  const negotiation = new EncodingNegotiation(CODINGS);
  for (let i = 0; i < 2000; i++) assert.equal(negotiation.choose(`made-up-${i}, br`).coding, "br");
  assert.equal(negotiation.choose("gzip").coding, "gzip");
});
