import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../src/http/h1/request-parser.ts";
import { RequestHeadReader } from "../../../src/http/h1/request-head.ts";
import { INCOMPLETE, SectionBuffer } from "../../../src/http/h1/section.ts";
import { mutatedRequests } from "./mutations.ts";
import { everyByte, readRequests, readResponse, TEST_LIMITS } from "./readings.ts";
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from "./request-cases.ts";
import { ACCEPTED_RESPONSES, REFUSED_RESPONSES } from "./response-cases.ts";

const cuts = fc.array(fc.nat(600), { maxLength: 12 });

void suite("However the bytes are split, the events are the same", () => {
  const requests = [
    ...ACCEPTED_REQUESTS.map(({ bytes }) => bytes),
    ...Object.values(REFUSED_REQUESTS).flatMap((cases) => cases.map(([, bytes]) => bytes)),
  ];
  const responses = [
    ...ACCEPTED_RESPONSES.map(({ bytes, ...options }) => [bytes, options] as const),
    ...REFUSED_RESPONSES.map(([, bytes, options]) => [bytes, options ?? {}] as const),
  ];

  void test("requests, byte by byte", () => {
    for (const bytes of requests)
      assert.deepEqual(readRequests(bytes, everyByte(bytes)), readRequests(bytes), bytes);
  });

  void test("requests, at every single point", () => {
    for (const bytes of requests) {
      const whole = readRequests(bytes);
      for (const cut of everyByte(bytes))
        assert.deepEqual(readRequests(bytes, [cut]), whole, `${bytes} at ${cut}`);
    }
  });

  void test("responses, byte by byte and at every single point", () => {
    for (const [bytes, options] of responses) {
      const whole = readResponse(bytes, options);
      assert.deepEqual(readResponse(bytes, { ...options, cuts: everyByte(bytes) }), whole, bytes);
      for (const cut of everyByte(bytes))
        assert.deepEqual(readResponse(bytes, { ...options, cuts: [cut] }), whole, `${bytes} at ${cut}`);
    }
  });

  void test("mutated requests, at any points", () => {
    fc.assert(
      fc.property(mutatedRequests, cuts, (mutated, cuts) => {
        // Of a section that never ends, what is wrong may only be seen when more comes: an end, at the latest.
        const bytes = `${mutated}\r\n\r\n`;
        const whole = readRequests(bytes, [], TEST_LIMITS);
        const split = readRequests(bytes, cuts, TEST_LIMITS);
        assert.deepEqual(split.complete, whole.complete);
        assert.equal(split.refused, whole.refused);
      }),
      { numRuns: 3000 },
    );
  });
});

void test("a head that comes byte by byte is looked at in linear time", () => {
  const reader = new RequestHeadReader({ ...DEFAULT_LIMITS, headerCount: 20_000 });
  let looked = 0;
  const section = new SectionBuffer({
    limitBytes: reader.limitBytes,
    read(bytes, start, end) {
      looked += end - start;
      return reader.read(bytes, start, end);
    },
  });
  const head = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(5000)}\r\n`);
  let position = INCOMPLETE;
  for (let i = 0; i < head.length; i++) position = section.take(head, i, i + 1);
  assert.equal(position, head.length);
  assert.equal(reader.take().headers.fields.length, 10_000);
  assert.ok(looked <= head.length * 4, `${looked} bytes looked at for ${head.length}`);
});
