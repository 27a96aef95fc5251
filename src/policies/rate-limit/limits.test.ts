/** Keys, sizes, costs and several limits at once: what one limit of requests by address does not show. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import { testExchange, testResponse, type TestRequest } from "../../testing/exchange.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { rateLimitPolicy } from "./policy.ts";
import { rateLimitConfig } from "./schema.ts";

type Input = z.input<typeof rateLimitConfig>;

function setUp(config: Input) {
  const host = simulatedHost();
  return { host, policy: rateLimitPolicy.create(rateLimitConfig.parse(config), host) };
}

function caller(id: string, more: Partial<Caller> = {}): Caller {
  return { kind: "jwt", id, claims: {}, scopes: [], ...more };
}

/** Asks the policy as the pipeline does: who is calling is known between its two halves. */
function ask(policy: Policy, who?: Caller, request: TestRequest = {}): { x: Exchange; reply?: Reply } {
  const x = testExchange(request);
  const late = policy.onceCallerIsKnown;
  for (const half of late === undefined ? [policy] : [policy, late]) {
    const reply = half.request!(x);
    assert.ok(!(reply instanceof Promise));
    if (reply !== undefined) return { x, reply };
    if (who !== undefined) x.caller = who;
  }
  return { x };
}

function end(policy: Policy, x: Exchange, headers: Record<string, string> = {}): Record<string, string> {
  testResponse(x, 200, headers);
  const late = policy.onceCallerIsKnown;
  void late?.response?.(x);
  void policy.response!(x);
  late?.done?.(x);
  policy.done?.(x);
  return Object.fromEntries(x.response!.headers);
}

function admitted(policy: Policy, times: number, who?: Caller, request: TestRequest = {}): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (ask(policy, who, request).reply === undefined) count++;
  return count;
}

function needsOf(config: Input): unknown {
  return rateLimitPolicy.needs!(rateLimitConfig.parse(config));
}

function code(reply: Reply | undefined): string | undefined {
  return reply?.refusal?.kind.code;
}

const by = (key: Extract<Input, { limit: unknown }>["key"], more: object = {}): Input => ({
  limit: 2,
  window: "1m",
  key,
  ...more,
});

describe("algorithms", () => {
  const cases: readonly (readonly [what: string, config: Input, atOnce: number, afterASecond: number])[] = [
    ["token-bucket", { limit: 10, window: "10s" }, 10, 1],
    ["gcra", { limit: 10, window: "10s", algorithm: "gcra" }, 1, 1],
    ["gcra with a burst", { limit: 10, window: "10s", algorithm: "gcra", burst: 4 }, 4, 1],
    ["sliding-window", { limit: 10, window: "10s", algorithm: "sliding-window" }, 10, 0],
    ["sliding-log", { limit: 10, window: "1s", algorithm: "sliding-log" }, 10, 10],
    ["fixed-window", { limit: 10, window: "1s", algorithm: "fixed-window" }, 10, 10],
    ["quota", { limit: 10, period: "day", algorithm: "quota" }, 10, 0],
  ];
  for (const [what, config, atOnce, afterASecond] of cases) {
    test(`${what} admits ${atOnce} at once and ${afterASecond} a second later`, () => {
      const { host, policy } = setUp(config);
      assert.equal(admitted(policy, 50), atOnce);
      host.clock.advance(1000);
      assert.equal(admitted(policy, 50), afterASecond);
    });
  }

  test("a quota begins anew with the day or month of UTC, and says when", () => {
    // The simulated clock begins with the year.
    const { host, policy } = setUp([
      { limit: 5, period: "day", algorithm: "quota", name: "day" },
      { limit: 12, period: "month", algorithm: "quota", name: "month" },
    ]);
    assert.equal(admitted(policy, 10), 5);
    const { reply } = ask(policy);
    const fields = Object.fromEntries(
      (reply?.headers ?? []).flatMap((name, i, all) => (i % 2 === 0 ? [[name, all[i + 1]!]] : [])),
    );
    assert.equal(fields["retry-after"], "86400");
    assert.equal(fields["ratelimit-policy"], '"day";q=5;w=86400');
    host.clock.advance(86_400_000 - 1);
    assert.equal(admitted(policy, 10), 0);
    host.clock.advance(1);
    assert.equal(admitted(policy, 10), 5);
    host.clock.advance(86_400_000);
    assert.equal(admitted(policy, 10), 2);
    assert.deepEqual(ask(policy).reply?.refusal?.members?.["violated-policies"], ["month"]);
    host.clock.advance(29 * 86_400_000);
    assert.equal(admitted(policy, 10), 5);
  });

  test("concurrency counts what is under way, by whatever end it comes to", () => {
    const { policy } = setUp({ limit: 2, algorithm: "concurrency" });
    const first = ask(policy).x;
    const second = ask(policy).x;
    const third = ask(policy);
    assert.equal(code(third.reply), "rateLimit.exceeded");
    policy.done!(third.x);
    assert.equal(admitted(policy, 1), 0);
    assert.match(end(policy, first)["ratelimit-policy"]!, /^"default";q=2;qu="concurrent-requests"$/);
    const fourth = ask(policy);
    assert.equal(fourth.reply, undefined);
    // Aborted: no response was ever begun. Twice is no more than once.
    policy.done!(second);
    policy.done!(second);
    assert.equal(admitted(policy, 5), 1);
  });
});

describe("keys", () => {
  test("by caller: whatever address it calls from, and whoever else has its name", () => {
    const { policy } = setUp(by("caller"));
    assert.equal(admitted(policy, 5, caller("a")), 2);
    assert.equal(admitted(policy, 5, caller("a"), { address: "192.0.2.9" }), 0);
    assert.equal(admitted(policy, 5, caller("b")), 2);
    assert.equal(admitted(policy, 5, caller("a", { kind: "apiKey" })), 2);
  });

  test("by claim: a text and a number are two keys, anything else is none", () => {
    const { policy } = setUp(by({ claim: "org" }));
    for (const org of ["1", 1, "", "true"]) {
      assert.equal(admitted(policy, 5, caller("a", { claims: { org } })), 2, JSON.stringify(org));
    }
    for (const org of [true, null, undefined, ["1"], { a: 1 }]) {
      const { reply } = ask(policy, caller("a", { claims: { org } }));
      assert.equal(code(reply), "rateLimit.no_key", JSON.stringify(org));
      assert.equal(reply?.status, 400);
    }
    for (const name of ["__proto__", "constructor", "toString"]) {
      assert.equal(code(ask(setUp(by({ claim: name })).policy, caller("a")).reply), "rateLimit.no_key");
    }
  });

  test("by header, in any case of its name", () => {
    const { policy } = setUp(by({ header: "X-Team" }));
    assert.equal(admitted(policy, 5, undefined, { headers: { "x-team": "a" } }), 2);
    assert.equal(admitted(policy, 5, undefined, { headers: { "x-team": "b" } }), 2);
    assert.equal(code(ask(policy).reply), "rateLimit.no_key");
  });

  test("by a list: each combination, and no way to move the border between two parts", () => {
    const { policy } = setUp(by([{ header: "a" }, { header: "b" }]));
    for (const [a, b] of [
      ["x", "yz"],
      ["xy", "z"],
      ["x", "y"],
      ["x,", ""],
      ["x", ","],
    ] as const) {
      assert.equal(admitted(policy, 5, undefined, { headers: { a, b } }), 2);
    }
  });

  test("by networks of another length", () => {
    const { policy } = setUp(by({ ipv4: 24, ipv6: 48 }));
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.1" }), 2);
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.200" }), 0);
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.3.1" }), 2);
    assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:1:2::1" }), 2);
    assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:1:3::1" }), 0);
    assert.equal(admitted(policy, 5, undefined, { address: "2001:db8:2:2::1" }), 2);
    const host = setUp(by({ ipv6: 128 }));
    assert.equal(admitted(host.policy, 5, undefined, { address: "2001:db8::1" }), 2);
    assert.equal(admitted(host.policy, 5, undefined, { address: "2001:db8::2" }), 2);
  });

  test("all together, by route and by service", () => {
    for (const key of ["all", "route", "service"] as const) {
      const { policy } = setUp(by(key));
      assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.1" }), 2);
      assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.2" }), 0);
    }
  });

  test("without what the key is made of: denied, let pass, or counted by address, as the config says", () => {
    assert.equal(admitted(setUp(by("caller")).policy, 5), 0);
    assert.equal(admitted(setUp(by("caller", { onMissingKey: "skip" })).policy, 5), 5);
    const { policy } = setUp(by("caller", { onMissingKey: "ip" }));
    assert.equal(admitted(policy, 5), 2);
    assert.equal(admitted(policy, 5, undefined, { address: "192.0.2.2" }), 2);
    assert.equal(admitted(policy, 5, caller("a")), 2);
  });
});

describe("sizes", () => {
  test("by plan", () => {
    const { policy } = setUp({
      limit: { plans: { free: 2, pro: 5 }, default: 1 },
      window: "1m",
      key: "caller",
    });
    assert.equal(admitted(policy, 9, caller("a", { plan: "free" })), 2);
    assert.equal(admitted(policy, 9, caller("b", { plan: "pro" })), 5);
    assert.equal(admitted(policy, 9, caller("c", { plan: "other" })), 1);
    assert.equal(admitted(policy, 9, caller("d", { plan: "constructor" })), 1);
    assert.equal(admitted(policy, 9, caller("e")), 1);
    // On another plan from now on, with a count of its own.
    assert.equal(admitted(policy, 9, caller("a", { plan: "pro" })), 5);
  });

  test("by claim: a positive integer up to the maximum, and nothing that only looks like one", () => {
    const { policy } = setUp({ limit: { claim: "rate", default: 1, max: 6 }, window: "1m", key: "caller" });
    for (const [rate, expected] of [
      [3, 3],
      [100, 6],
      [0, 1],
      [-5, 1],
      [2.5, 1],
      ["3", 1],
      [[3], 1],
      [null, 1],
      [Infinity, 1],
      [undefined, 1],
    ] as const) {
      const who = caller(`${typeof rate} ${String(rate)}`, { claims: { rate } });
      assert.equal(admitted(policy, 20, who), expected, JSON.stringify(rate));
    }
  });

  test("more sizes than are remembered are limits all the same", () => {
    const { policy } = setUp({
      limit: { claim: "rate", default: 1, max: 5000 },
      window: "1m",
      key: "caller",
    });
    for (let rate = 1; rate < 1500; rate++)
      assert.equal(admitted(policy, 1, caller(`${rate}`, { claims: { rate } })), 1);
    assert.equal(admitted(policy, 3000, caller("last", { claims: { rate: 2500 } })), 2500);
  });
});

describe("costs", () => {
  test("a route's number", () => {
    const { policy } = setUp({ limit: 10, window: "1m", cost: 4 });
    assert.equal(admitted(policy, 5), 2);
    assert.equal(end(policy, ask(policy).x)["x-ratelimit-remaining"], "2");
  });

  test("what the service says at the end, which clients do not see", () => {
    const { policy } = setUp({
      limit: 10,
      window: "1m",
      cost: { responseHeader: "X-Cost", max: 8 },
    });
    const cases: readonly (readonly [told: string, remaining: string])[] = [
      ["3", "7"],
      ["0", "6"],
      ["nonsense", "5"],
      ["-7", "4"],
      ["1e3", "3"],
      ["999999", "0"],
    ];
    for (const [told, remaining] of cases) {
      const fields = end(policy, ask(policy).x, { "x-cost": told });
      assert.equal(fields["x-ratelimit-remaining"], remaining, told);
      assert.ok(!("x-cost" in fields));
    }
    // It owes 5: 6 s for each until one is there again.
    assert.equal(ask(policy).reply?.refusal?.members?.["retry_after"], 36);
  });
});

describe("several limits", () => {
  const limits: Input = [
    { name: "address", limit: 10, window: "1m" },
    { name: "caller", limit: 2, window: "1m", key: "caller" },
    { name: "all", limit: 5, window: "1m", key: "all" },
  ];

  test("a request that one refuses takes from none, those before authentication included", () => {
    const { policy } = setUp(limits);
    assert.equal(admitted(policy, 20, caller("a")), 2);
    const { x, reply } = ask(policy, caller("a"));
    assert.deepEqual(reply?.refusal?.members?.["violated-policies"], ["caller"]);
    assert.equal(end(policy, x)["ratelimit"], '"address";r=8;t=12, "all";r=3;t=24, "caller";r=0;t=60');
    assert.equal(admitted(policy, 20, caller("b")), 2);
    assert.equal(admitted(policy, 20, caller("c")), 1);
    assert.equal(admitted(policy, 20, caller("d")), 0);
    assert.equal(end(policy, ask(policy, caller("d")).x)["x-ratelimit-remaining"], "0");
  });

  test("what waits for who is calling runs behind those who ask, and the others before", () => {
    const { policy } = setUp(limits);
    for (let i = 0; i < 5; i++) assert.equal(policy.request!(testExchange()), undefined);
    assert.equal(code(policy.request!(testExchange()) as Reply), "rateLimit.exceeded");
    const tenant = false;
    assert.deepEqual(needsOf(limits), [{ caller: true, tenant, params: [], path: [1, "key"] }]);
    const perMinute = { limit: 1, window: "1m" };
    assert.deepEqual(needsOf({ ...perMinute, exempt: { callers: ["a"] } }), [
      { caller: true, tenant, params: [], path: ["exempt"] },
    ]);
    assert.deepEqual(needsOf({ ...perMinute, key: [{ header: "a" }, "route"] }), []);
  });

  test("a concurrency limit lets go of what another refuses", () => {
    const { policy } = setUp([
      { name: "under-way", limit: 2, algorithm: "concurrency" },
      { name: "caller", limit: 1, window: "1m", key: "caller" },
    ]);
    const { x } = ask(policy, caller("a"));
    for (let i = 0; i < 5; i++) assert.equal(code(ask(policy, caller("a")).reply), "rateLimit.exceeded");
    assert.equal(ask(policy, caller("b")).reply, undefined);
    assert.deepEqual(ask(policy, caller("c")).reply?.refusal?.members?.["violated-policies"], ["under-way"]);
    end(policy, x);
    assert.equal(ask(policy, caller("c")).reply, undefined);
  });
});

test("exempt callers are not limited, and use up nothing", () => {
  const { policy } = setUp({
    limit: 1,
    window: "1m",
    key: "all",
    exempt: { callers: ["monitor"], plans: ["internal"], scopes: ["ops"] },
  });
  assert.equal(admitted(policy, 5, caller("monitor")), 5);
  assert.equal(admitted(policy, 5, caller("a", { plan: "internal" })), 5);
  assert.equal(admitted(policy, 5, caller("a", { scopes: ["read", "ops"] })), 5);
  assert.equal(admitted(policy, 5, caller("a", { scopes: ["op"], plan: "x" })), 1);
  assert.equal(admitted(policy, 5), 0);
});

test("a limit in shadow mode refuses nobody, is not told of, and the log is, once a minute", () => {
  const { host, policy } = setUp([
    { name: "tried", limit: 2, window: "1m", mode: "shadow" },
    { name: "real", limit: 100, window: "1m" },
  ]);
  assert.equal(admitted(policy, 10), 10);
  assert.equal(end(policy, ask(policy).x)["ratelimit-policy"], '"real";q=100;w=60');
  const told = () => host.log.lines.map(({ fields }) => fields);
  assert.deepEqual(told(), [{ limit: "tried", times: 1 }]);
  host.clock.advance(60_000);
  admitted(policy, 3);
  assert.deepEqual(told()[1], { limit: "tried", times: 9 });
  const alone = setUp({ limit: 2, window: "1m", mode: "shadow" }).policy;
  assert.deepEqual(end(alone, ask(alone).x), {});
  const keyless = setUp({ limit: 2, window: "1m", mode: "shadow", key: "caller" }).policy;
  assert.equal(admitted(keyless, 3), 3);
});

describe("what does not go together is refused with its place", () => {
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
          assert.ok(error instanceof PolicyConfigError);
          assert.deepEqual(error.path, path);
          assert.match(error.message, message);
          assert.ok(error.hint !== undefined && error.hint !== "");
          return true;
        },
      );
    });
  }
});
