/** Several limits at once, and those that are only tried. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayEvent } from "../../core/events.ts";
import type { StagedPolicy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import { testAround } from "../../testing/around.ts";
import { testExchange } from "../../testing/exchange.ts";
import { rateLimitPolicy } from "./policy.ts";
import { rateLimitConfig } from "./schema.ts";
import { admitted, ask, caller, code, end, fieldsOf, needsOf, setUp, type Input } from "./testing.ts";

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

test("who is refused by several is told of all of them, and to wait for the last", () => {
  const { host, policy } = setUp([
    { name: "second", limit: 1, window: "1s" },
    { name: "tried", limit: 1, window: "1h", mode: "shadow" },
    { name: "large", limit: 100, window: "1m" },
    { name: "minute", limit: 2, window: "30s", algorithm: "sliding-log" },
  ]);
  assert.equal(ask(policy).reply, undefined);
  host.clock.advance(1000);
  assert.equal(ask(policy).reply, undefined);
  const { x, reply } = ask(policy);
  assert.deepEqual(reply?.refusal?.members, { retry_after: 29, "violated-policies": ["second", "minute"] });
  assert.equal(fieldsOf(reply)["retry-after"], "29");
  assert.equal(fieldsOf(reply)["ratelimit"], '"second";r=0;t=1, "large";r=99;t=1, "minute";r=0;t=30');
  assert.deepEqual(
    x.limits?.map(({ remaining }) => remaining),
    [0, 99, 0],
  );
  // A limit that is only tried is not asked about what others refuse anyway.
  assert.deepEqual(
    host.log.lines.map(({ fields }) => fields),
    [{ limit: "tried", times: 1 }],
  );
  host.clock.advance(29_000);
  assert.equal(ask(policy).reply, undefined);
});

test("what waits for who is calling runs behind those who ask, and the others before", () => {
  const { policy } = setUp(limits);
  for (let i = 0; i < 5; i++) assert.equal(policy.entrance.request!(testExchange()), undefined);
  assert.equal(code(policy.entrance.request!(testExchange()) as Reply), "rateLimit.exceeded");
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

test("limits of one name at several places are told of apart, and one that a route changes is not", () => {
  const told: GatewayEvent[] = [];
  const create = (config: Input, place: string, amended?: StagedPolicy) =>
    rateLimitPolicy.create(
      rateLimitConfig.parse(config),
      testAround({ events: { tell: (event) => void told.push(event) }, place: ["policies", place], amended }),
    );
  const tried = { name: "tried", limit: 5, window: "1m", mode: "shadow" } as const;
  const outer = create([{ name: "real", limit: 100, window: "1m" }, tried], "a");
  const amending = create({ cost: 5, add: { ...tried, name: "added" } }, "b", outer);
  for (const policy of [outer, amending, create(tried, "c")]) assert.equal(admitted(policy, 7), 7);
  const places = told.map((event) => ("place" in event ? event.place : ""));
  assert.deepEqual([...new Set(places)].toSorted(), ["policies.a[1]", "policies.b.add", "policies.c"]);
});
