import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../core/exchange.ts";
import type { LogLevel, OpenLog } from "../host/log.ts";
import { testExchange, testResponse, type TestRequest } from "../testing/exchange.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { createAccessLog } from "./access-log.ts";

/** The lines that an exchange leaves in a log that writes lines of these levels. */
function lines(x: Exchange, levels: readonly LogLevel[] = ["info", "warn", "error"], afterMs = 0): string[] {
  const { clock } = simulatedHost();
  const written: string[] = [];
  const log: Pick<OpenLog, "writes" | "writeLine"> = {
    writes: (level) => levels.includes(level),
    writeLine: (json) => void written.push(json),
  };
  clock.advance(afterMs);
  createAccessLog(log, clock).done(x);
  return written;
}

function fields(x: Exchange, afterMs = 0): Record<string, unknown> {
  const [line = ""] = lines(x, undefined, afterMs);
  assert.match(line, /^\{[^\n]*\}\n$/);
  return JSON.parse(line) as Record<string, unknown>;
}

function answered(request: TestRequest = {}, status = 200): Exchange {
  const x = testExchange(request);
  testResponse(x, status);
  x.complete = true;
  return x;
}

describe("the access log", () => {
  test("says all about a request that a service answered", () => {
    const x = answered({ method: "POST", target: "/api/v1/orders", address: "2001:db8::1" }, 201);
    x.caller = { kind: "jwt", id: "42", claims: {}, scopes: [] };
    x.service = "orders";
    x.target = "http://127.0.0.1:9002";
    x.serviceMs = 3.0004;
    x.requestBytes = 17;
    x.responseBytes = 512;
    assert.deepEqual(fields(x, 12.3456), {
      level: 30,
      time: Date.UTC(2026, 0, 1) + 12.3456,
      requestId: "0123456789abcdef",
      clientAddress: "2001:db8::1",
      method: "POST",
      path: "/api/v1/orders",
      route: "test",
      callerId: "42",
      service: "orders",
      target: "http://127.0.0.1:9002",
      status: 201,
      requestBytes: 17,
      responseBytes: 512,
      totalMs: 12.346,
      serviceMs: 3,
      msg: "request",
    });
  });

  test("names the tenant, beside the caller", () => {
    const x = answered();
    x.caller = { kind: "jwt", id: "42", claims: {}, scopes: [] };
    x.tenant = { name: "acme", plan: "pro", suspended: false, features: new Set(), headers: [] };
    const line = fields(x);
    assert.deepEqual([line["callerId"], line["tenant"]], ["42", "acme"]);
  });

  test("leaves out what is not there", () => {
    const line = fields(answered({}, 204));
    for (const name of ["callerId", "tenant", "service", "target", "code", "serviceMs", "aborted"]) {
      assert.ok(!(name in line), name);
    }
  });

  test("has the code of a refusal", () => {
    const x = answered({}, 429);
    x.code = "rateLimit.exceeded";
    assert.equal(fields(x)["code"], "rateLimit.exceeded");
  });

  test("knows a client that went away, before the head and in the middle of the body", () => {
    const early = fields(testExchange());
    assert.equal(early["aborted"], true);
    assert.ok(!("status" in early));
    const late = testExchange();
    testResponse(late, 200);
    assert.deepEqual([fields(late)["aborted"], fields(late)["status"]], [true, 200]);
  });

  test("holds no secret of the request", () => {
    const secret = "s3cr3t";
    const x = answered({
      target: `/callback?access_token=${secret}&code=${secret}&x=${secret}`,
      headers: { authorization: `Bearer ${secret}`, cookie: `id=${secret}`, "x-api-key": secret },
    });
    assert.ok(!lines(x).join("").includes(secret));
    assert.equal(fields(x)["path"], "/callback");
  });

  const hostile = [
    '","admin":true,"x":"',
    "line\nbreak\r\n",
    "\u001b[2J\u009b2J\u007f",
    "\\",
    "\ud800",
    "\u2028ünï",
    "__proto__",
  ];
  for (const text of hostile) {
    test(`keeps ${JSON.stringify(text)} where it belongs`, () => {
      const x = answered({ method: text, target: `/${text}`, address: text });
      x.caller = { kind: "jwt", id: text, claims: {}, scopes: [] };
      const line = fields(x);
      assert.deepEqual([line["method"], line["path"], line["callerId"]], [text, `/${text}`, text]);
      assert.ok(!("admin" in line));
      // oxlint-disable-next-line no-control-regex -- what must not be there
      assert.doesNotMatch(lines(x)[0]!.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/);
    });
  }

  test("warns of 5xx, and writes only what the log's level lets through", () => {
    assert.equal(fields(answered({}, 499))["level"], 30);
    assert.equal(fields(answered({}, 500))["level"], 40);
    assert.equal(lines(answered({}, 404), ["warn", "error"]).length, 0);
    assert.equal(lines(answered({}, 503), ["warn", "error"]).length, 1);
    assert.equal(lines(answered({}, 503), []).length, 0);
  });

  const durations: readonly [ms: number, totalMs: number][] = [
    [0, 0],
    [0.0004, 0],
    [0.0005, 0.001],
    [0.01, 0.01],
    [0.099, 0.099],
    [1, 1],
    [1.05, 1.05],
    [999.9996, 1000],
    [86_400_000.5, 86_400_000.5],
  ];
  for (const [ms, totalMs] of durations) {
    test(`writes ${ms} ms as ${totalMs}`, () => assert.equal(fields(answered(), ms)["totalMs"], totalMs));
  }
});
