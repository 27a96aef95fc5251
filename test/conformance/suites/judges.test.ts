import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from "../h1/request-cases.ts";
import type { Payload } from "./payloads.ts";
import { runPayloads } from "./payloads.ts";
import { SuiteStage } from "./stage.ts";
import { readStrictly } from "../strict-reading.ts";

void suite("The strict reading, which judges what the gateway passes on", () => {
  for (const { what, bytes, head, body = "" } of ACCEPTED_REQUESTS) {
    void test(`reads as the codec does: ${what}`, () => {
      const { requests, fault } = readStrictly(bytes);
      assert.equal(fault, undefined);
      assert.equal(requests.length, 1);
      assert.equal(requests[0]!.body, body);
      if (head["method"] !== undefined) assert.equal(requests[0]!.method, head["method"]);
      if (head["keepAlive"] !== undefined) assert.equal(requests[0]!.keepAlive, head["keepAlive"]);
    });
  }

  const framing = Object.entries(REFUSED_REQUESTS).filter(([section]) =>
    /6\.1|6\.2|7\.1|field lines/.test(section),
  );
  /** Allowed, and refused by us alone. */
  const strict = new Set(["in another case", "an underscored name", "an underscored Content_Length"]);
  for (const [section, cases] of framing) {
    for (const [what, bytes] of cases) {
      if (strict.has(what) || /Connection field|underscored/.test(what)) continue;
      void test(`takes none of what has two readings: ${section}: ${what}`, () => {
        assert.deepEqual(readStrictly(bytes).requests, []);
      });
    }
  }
});

void suite("What a gateway passes on is judged", () => {
  const bytes = "POST /a HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi";
  const request = readStrictly(bytes).requests[0]!;
  const exchanged = { response: "", status: 200, forwarded: [request], faults: [] };
  const cases: [what: string, bytes: string, changed: object, verdict: string][] = [
    ["as it was sent", bytes, {}, "agrees"],
    ["twice", bytes, { forwarded: [request, request] }, "finding"],
    ["another method", bytes, { forwarded: [{ ...request, method: "GET" }] }, "finding"],
    ["another target", bytes, { forwarded: [{ ...request, target: "/b" }] }, "finding"],
    ["another body", bytes, { forwarded: [{ ...request, body: "h" }] }, "finding"],
    ["another field", bytes, { forwarded: [{ ...request, fields: [["x-a", "2"]] }] }, "finding"],
    ["what has no strict reading", `${bytes.slice(0, -8)}\n\nhi`, {}, "finding"],
    [
      "with another client's exchange disturbed",
      bytes,
      { faults: ["another client got nothing"] },
      "finding",
    ],
    ["refused", bytes, { forwarded: [], status: 400 }, "agrees"],
  ];
  for (const [what, sent, changed, verdict] of cases) {
    void test(what, async () => {
      const stage = { between: false, send: async () => ({ ...exchanged, ...changed }) };
      const [outcome] = await runPayloads(stage, [{ name: what, bytes: sent }]);
      assert.equal(outcome!.verdict, verdict, outcome!.why ?? "");
    });
  }

  void test("by a whole gateway, over sockets", async () => {
    const stage = await SuiteStage.start();
    const payloads: Payload[] = [
      { name: "two", bytes: `${bytes}${bytes}` },
      { name: "lengths", bytes: bytes.replace("X-A: 1", "Content-Length: 3") },
      { name: "status", bytes, expected: { statuses: [[400, 400]] } },
    ];
    const outcomes = await runPayloads(stage, payloads);
    await stage.close();
    assert.deepEqual(
      outcomes.map(({ verdict, why }) => `${verdict}: ${why}`),
      ["agrees: one reading, passed on", "agrees: refused", "finding: answered 200"],
    );
  });
});
