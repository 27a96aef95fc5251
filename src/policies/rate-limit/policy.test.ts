import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { StagedPolicy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import { testExchange, testResponse, type TestRequest } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { rateLimitPolicy } from "./policy.ts";
import { rateLimitConfig } from "./schema.ts";
import { fieldsOf } from "./testing.ts";
import { testAround } from "../../testing/around.ts";

type LimitInput = Exclude<z.input<typeof rateLimitConfig>, readonly unknown[]>;
type Config = Partial<LimitInput>;

const PER_MINUTE: LimitInput = { limit: 100, window: "1m" };

function setUp(config: Config = {}, host = simulatedHost()) {
  return {
    host,
    policy: rateLimitPolicy.create(rateLimitConfig.parse({ ...PER_MINUTE, ...config }), testAround({ host })),
  };
}

function ask(policy: StagedPolicy, request: TestRequest = {}): { x: Exchange; reply: Reply | undefined } {
  const x = testExchange(request);
  const reply = policy.entrance.request!(x);
  assert.ok(!(reply instanceof Promise));
  return { x, reply: reply ?? undefined };
}

function admittedOf(policy: StagedPolicy, requests: number, request: TestRequest = {}): number {
  let admitted = 0;
  for (let i = 0; i < requests; i++) if (ask(policy, request).reply === undefined) admitted++;
  return admitted;
}

function answer(policy: StagedPolicy, x: Exchange, status = 200, headers: Record<string, string> = {}) {
  testResponse(x, status, headers);
  void policy.entrance.response!(x);
  return Object.fromEntries(x.response!.headers);
}

describe("rateLimit admits", () => {
  test("exactly the limit at once, and then one request whenever a token is back", () => {
    const { host, policy } = setUp();
    assert.equal(admittedOf(policy, 250), 100);
    host.clock.advance(599);
    assert.equal(admittedOf(policy, 5), 0);
    host.clock.advance(1);
    assert.equal(admittedOf(policy, 5), 1);
    host.clock.advance(60_000);
    assert.equal(admittedOf(policy, 250), 100);
  });

  test("no second full load right behind the first, as a window that is fixed to the clock would", () => {
    const { host, policy } = setUp();
    // The simulated wall clock begins at a full minute: 59.9 s is the end of one, 60.1 s the start of the next.
    host.clock.advance(59_900);
    assert.equal(admittedOf(policy, 100), 100);
    host.clock.advance(200);
    assert.equal(admittedOf(policy, 100), 0);
  });

  test("a client again that keeps asking: refused requests take nothing", () => {
    const { host, policy } = setUp({ limit: 1, window: "1s" });
    let admitted = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      admitted += admittedOf(policy, 1);
      host.clock.advance(10);
    }
    assert.equal(admitted, 10);
  });

  test("as many at once as burst says, fewer or more than the limit", () => {
    for (const burst of [1, 10, 500]) {
      const { host, policy } = setUp({ burst });
      assert.equal(admittedOf(policy, 1000), burst);
      host.clock.advance(6000);
      assert.equal(admittedOf(policy, 1000), Math.min(10, burst));
    }
  });

  test("never more than burst and what has refilled since, whatever the arrivals", () => {
    const { host, policy } = setUp({ limit: 30, window: "10s", burst: 12 });
    const admittedAtMs: number[] = [];
    for (let i = 0; i < 3000; i++) {
      host.clock.advance(Math.floor(host.random.fraction() ** 4 * 900));
      if (admittedOf(policy, 1) === 1) admittedAtMs.push(host.clock.now());
    }
    for (let first = 0; first < admittedAtMs.length; first++) {
      for (let last = first; last < Math.min(admittedAtMs.length, first + 100); last++) {
        const elapsedMs = admittedAtMs[last]! - admittedAtMs[first]!;
        assert.ok(last - first + 1 <= 12 + (elapsedMs * 30) / 10_000);
      }
    }
  });

  test("the same when the wall clock steps by an hour, in both directions", () => {
    for (const stepMs of [3_600_000, -3_600_000]) {
      const host = simulatedHost();
      let stepped = 0;
      const clock: Clock = {
        now: () => host.clock.now(),
        wall: () => host.clock.wall() + stepped,
        every: (intervalMs, task) => host.clock.every(intervalMs, task),
        nextTurn: (task) => host.clock.nextTurn(task),
      };
      const config = rateLimitConfig.parse(PER_MINUTE);
      const policy = rateLimitPolicy.create(config, testAround({ host: { ...host, clock } }));
      assert.equal(admittedOf(policy, 60), 60);
      stepped = stepMs;
      assert.equal(admittedOf(policy, 100), 40);
      host.clock.advance(600);
      assert.equal(admittedOf(policy, 100), 1);
    }
  });
});

describe("rateLimit knows clients", () => {
  test("by the address of their connection, whatever they say in header fields", () => {
    const { policy } = setUp({ limit: 3 });
    const lies = [
      "x-forwarded-for",
      "x-real-ip",
      "forwarded",
      "x-client-ip",
      "true-client-ip",
      "cf-connecting-ip",
    ];
    const claims = lies.map((name, i) => ask(policy, { headers: { [name]: `203.0.113.${i}` } }));
    assert.deepEqual(
      claims.map(({ reply }) => reply?.status),
      [undefined, undefined, undefined, 429, 429, 429],
    );
  });

  test("one by one", () => {
    const { policy } = setUp({ limit: 3 });
    for (const address of ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1", ""]) {
      assert.equal(admittedOf(policy, 10, { address }), 3);
    }
    assert.equal(admittedOf(policy, 10, { address: "2001:db8:0:1:ffff::1" }), 0);
    assert.equal(admittedOf(policy, 10, { address: "::ffff:192.0.2.1" }), 0);
  });

  test("up to maxKeys and more; then it refuses new ones and warns, until others have refilled", () => {
    const { host, policy } = setUp({ limit: 1, maxKeys: 1, onFull: "deny" });
    const outcomes = Array.from({ length: 60 }, (_, i) => ask(policy, { address: `192.0.2.${i}` }));
    const refused = outcomes.filter(({ reply }) => reply !== undefined);
    assert.equal(outcomes.length - refused.length, 48);
    for (const { x, reply } of refused) {
      assert.equal(reply?.refusal?.kind.code, "rateLimit.table_full");
      assert.equal(reply.status, 503);
      assert.deepEqual(fieldsOf(reply), { "retry-after": "1" });
      assert.deepEqual(answer(policy, x, 503), {});
    }
    assert.equal(host.log.lines.length, 1);
    assert.deepEqual(host.log.lines[0]!.fields, { limit: "default", times: 1 });
    host.clock.advance(60_000);
    assert.equal(ask(policy, { address: "192.0.2.250" }).reply, undefined);
  });

  test("or lets new ones pass without a limit where that is configured", () => {
    const { policy } = setUp({ limit: 1, maxKeys: 1, onFull: "allow" });
    const outcomes = Array.from({ length: 60 }, (_, i) => ask(policy, { address: `192.0.2.${i}` }));
    assert.ok(outcomes.every(({ reply }) => reply === undefined));
    assert.deepEqual(answer(policy, outcomes[59]!.x), {});
    assert.equal(ask(policy, { address: "192.0.2.0" }).reply?.status, 429);
  });
});

describe("rateLimit tells", () => {
  test("every answer of a request that it let pass what is left, whatever its status", () => {
    const { host, policy } = setUp();
    for (const [i, status] of [200, 204, 401, 404, 500, 503].entries()) {
      const { x } = ask(policy);
      const fields = answer(policy, x, status, { "content-type": "text/plain" });
      const fullInMs = (i + 1) * 600;
      assert.deepEqual(fields, {
        "content-type": "text/plain",
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": String(99 - i),
        "x-ratelimit-reset": String(Math.ceil((host.clock.wall() + fullInMs) / 1000)),
        "ratelimit-policy": '"default";q=100;w=60',
        ratelimit: `"default";r=${99 - i};t=${Math.ceil(fullInMs / 1000)}`,
      });
    }
  });

  test("a client that it refuses when to come back", () => {
    const { host, policy } = setUp({ name: "api" });
    admittedOf(policy, 100);
    const { reply } = ask(policy);
    assert.equal(reply?.status, 429);
    assert.equal(reply.refusal?.kind.code, "rateLimit.exceeded");
    assert.equal(reply.refusal.kind.title, "Rate limit exceeded");
    assert.deepEqual(reply.refusal.members, { retry_after: 1, "violated-policies": ["api"] });
    assert.deepEqual(fieldsOf(reply), {
      "retry-after": "1",
      "x-ratelimit-limit": "100",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(host.clock.wall() / 1000 + 60),
      "ratelimit-policy": '"api";q=100;w=60',
      ratelimit: '"api";r=0;t=60',
    });
  });

  test("Retry-After in whole seconds, rounded up: who obeys it is admitted", () => {
    for (const [waitedMs, retryAfter] of [
      [0, 3],
      [499, 3],
      [500, 2],
      [1499, 2],
      [1500, 1],
      [2499, 1],
    ] as const) {
      const { host, policy } = setUp({ limit: 2, window: "5s", burst: 1 });
      admittedOf(policy, 1);
      host.clock.advance(waitedMs);
      const { reply } = ask(policy);
      assert.equal(fieldsOf(reply)["retry-after"], String(retryAfter));
      assert.equal(reply?.refusal?.members?.["retry_after"], retryAfter);
      host.clock.advance(retryAfter * 1000);
      assert.equal(admittedOf(policy, 1), 1);
    }
  });

  test("what is true when the answer goes out, not when the request came", () => {
    const { host, policy } = setUp({ limit: 10, window: "10s" });
    admittedOf(policy, 4);
    const { x } = ask(policy);
    const resetAt = String(host.clock.wall() / 1000 + 5);
    host.clock.advance(2000);
    const fields = answer(policy, x);
    assert.equal(fields["ratelimit"], '"default";r=5;t=3');
    assert.equal(fields["x-ratelimit-reset"], resetAt);
    host.clock.advance(60_000);
    assert.equal(answer(policy, x)["ratelimit"], '"default";r=5;t=0');
  });

  test("its own numbers where a service sends some too", () => {
    const { policy } = setUp();
    const fields = answer(policy, ask(policy).x, 200, {
      "x-ratelimit-limit": "5",
      ratelimit: '"own";r=1;t=1',
    });
    assert.equal(fields["x-ratelimit-limit"], "100");
    assert.equal(fields["ratelimit"], '"default";r=99;t=1');
  });

  test("nothing about a request that it has not seen", () => {
    const { policy } = setUp();
    assert.deepEqual(answer(policy, testExchange()), {});
  });

  test("no window in whole seconds where it is none", () => {
    const { policy } = setUp({ window: "1500ms" });
    assert.equal(answer(policy, ask(policy).x)["ratelimit-policy"], '"default";q=100');
  });

  test("of all limits of a route, and in the old fields of the tightest", () => {
    const host = simulatedHost();
    const { policy: wide } = setUp({ name: "wide" }, host);
    const { policy: narrow } = setUp({ name: "narrow", limit: 2, window: "1s" }, host);
    const pass = () => {
      const x = testExchange();
      return { x, replies: [wide.entrance.request!(x), narrow.entrance.request!(x)] as const };
    };
    const { x } = pass();
    testResponse(x, 200);
    void narrow.entrance.response!(x);
    void wide.entrance.response!(x);
    const fields = Object.fromEntries(x.response!.headers);
    assert.equal(fields["ratelimit-policy"], '"wide";q=100;w=60, "narrow";q=2;w=1');
    assert.equal(fields["ratelimit"], '"wide";r=99;t=1, "narrow";r=1;t=1');
    assert.equal(fields["x-ratelimit-limit"], "2");
    assert.equal(fields["x-ratelimit-remaining"], "1");

    pass();
    const refusal = pass().replies[1];
    assert.ok(refusal !== undefined && !(refusal instanceof Promise));
    assert.deepEqual(refusal.refusal?.members?.["violated-policies"], ["narrow"]);
    assert.equal(fieldsOf(refusal)["ratelimit"], '"wide";r=98;t=2, "narrow";r=0;t=1');
    assert.equal(fieldsOf(refusal)["x-ratelimit-remaining"], "0");
  });
});

describe("rateLimit's config", () => {
  const wrong: readonly Record<string, unknown>[] = [
    {},
    { limit: 0, window: "1m" },
    { limit: 1.5, window: "1m" },
    { limit: "100", window: "1m" },
    { limit: 100, window: 60 },
    { limit: 100, window: "0s" },
    { limit: 100, window: "1m", burst: 0 },
    { limit: 100, window: "1m", algorithm: "leaky" },
    { limit: 100, window: "1m", key: "header" },
    { limit: 100, window: "1m", key: [] },
    { limit: 100, window: "1m", key: { claim: "" } },
    { limit: 100, window: "1m", key: { header: "a b" } },
    { limit: 100, window: "1m", key: { ipv4: 33 } },
    { limit: 100, window: "1m", cost: 0 },
    { limit: 100, window: "1m", cost: { responseHeader: "x_cost" } },
    { limit: 100, window: "1m", mode: "off" },
    { limit: 100, window: "1m", exempt: {} },
    { limit: 100, window: "1m", exempt: { callers: [] } },
    { limit: 100, window: "1m", exempt: { addresses: ["10.0.0.1/8"] } },
    { limit: 100, window: "1m", exempt: { addresses: ["localhost"] } },
    { limit: { plans: { free: 0 }, default: 1 }, window: "1m" },
    { limit: { plans: { free: 1 } }, window: "1m" },
    { limit: { claim: "rate", default: 1 }, window: "1m" },
    { limit: 100, window: "1m", name: 'a"b' },
    { limit: 100, window: "1m", name: "" },
    { limit: 100, window: "1m", maxKeys: 0 },
    { limit: 100, window: "1m", onFull: "evict" },
    { limit: 100, window: "1m", store: "redis" },
  ];
  for (const config of wrong) {
    test(`refuses ${JSON.stringify(config)}`, () => {
      assert.equal(rateLimitConfig.safeParse(config).success, false);
    });
  }

  test("refuses numbers that cannot be counted exactly", () => {
    assert.throws(() => setUp({ limit: 999_999_937, window: "365d", burst: 999_999_937 }), ConfigMistake);
  });
});
