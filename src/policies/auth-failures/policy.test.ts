import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { ANONYMOUS } from "../../core/authenticator.ts";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { IdentityStep } from "../../core/identity-step.ts";
import { testExchange, testResponse } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { authFailuresPolicy } from "./policy.ts";
import { authFailuresConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

const alice: Caller = { kind: "basic", id: "alice", claims: {}, scopes: [] };

interface Request {
  readonly address?: string;
  readonly bears?: boolean;
}

type Ending = "refused" | "passed" | "missing" | "forbidden" | "own 401" | "left" | "left later";

function begin({ address = "192.0.2.1", bears = true }: Request = {}): Exchange {
  const x = testExchange({ address });
  const identity = new IdentityStep([{ challenges: [], bears: () => bears, identify: () => ANONYMOUS }]);
  x.route = { ...x.route, identity };
  return x;
}

function createPolicy(config: z.input<typeof authFailuresConfig> = {}) {
  const host = simulatedHost();
  const policy = authFailuresPolicy.create(authFailuresConfig.parse(config), testAround({ host }));
  const ask = (x: Exchange) => {
    const reply = policy.request!(x);
    assert.ok(!(reply instanceof Promise));
    // What is let through has its credential looked for.
    if (reply === undefined) void x.route.identity!.request(x);
    return reply;
  };
  return {
    ...host,
    policy,
    ask,
    /** Asks, and ends what was let through as told; the seconds to wait for what was not. */
    attempt: (request: Request = {}, ending: Ending = "refused"): number => {
      const x = begin(request);
      const reply = ask(x);
      if (reply !== undefined) {
        assert.deepEqual([reply.status, reply.refusal?.kind.code], [429, "authFailures.exceeded"]);
        const retryAfter = Number(reply.refusal?.members?.["retry_after"]);
        assert.deepEqual(reply.headers, ["retry-after", String(retryAfter)]);
        x.code = "authFailures.exceeded";
        testResponse(x, 429);
        policy.done!(x);
        return retryAfter;
      }
      end(x, ending);
      policy.done!(x);
      return 0;
    },
  };
}

function end(x: Exchange, ending: Ending): void {
  if (ending === "passed" || ending === "own 401" || ending === "left later") x.caller = alice;
  if (ending === "refused" || ending === "missing") x.code = "jwt.signature";
  if (ending === "forbidden") x.code = "authorize.denied";
  if (ending === "left" || ending === "left later") x.code = "client.aborted";
  else testResponse(x, { refused: 401, missing: 401, "own 401": 401, forbidden: 403, passed: 200 }[ending]);
}

test("as many failures as configured are looked at; then 429 until one is forgiven", () => {
  const { attempt, clock } = createPolicy({ limit: 3, window: "30s" });
  for (let i = 0; i < 3; i++) assert.equal(attempt(), 0);
  assert.equal(attempt(), 10);
  clock.advance(1);
  assert.equal(attempt(), 10);
  clock.advance(9998);
  assert.equal(attempt(), 1);
  clock.advance(1);
  assert.equal(attempt(), 0);
  assert.equal(attempt(), 10);
  clock.advance(30_000);
  for (let i = 0; i < 3; i++) assert.equal(attempt(), 0);
  assert.equal(attempt(), 10);
});

test("a hundred a minute, unless told", () => {
  const { attempt, clock } = createPolicy();
  for (let i = 0; i < 100; i++) assert.equal(attempt(), 0);
  assert.equal(attempt(), 1);
  clock.advance(599);
  assert.equal(attempt(), 1);
  clock.advance(1);
  assert.equal(attempt(), 0);
});

test("while an address is refused, right credentials are, too, and requests without any are not", () => {
  const { attempt } = createPolicy({ limit: 1 });
  attempt();
  assert.equal(attempt({}, "passed"), 60);
  assert.equal(attempt({ bears: false }, "missing"), 0);
});

const endings: readonly (readonly [what: string, request: Request, ending: Ending, counts: boolean])[] = [
  ["a credential that is refused", {}, "refused", true],
  ["who leaves before there is an answer", {}, "left", true],
  ["a credential that passes", {}, "passed", false],
  ["a request without a credential", { bears: false }, "missing", false],
  ["who leaves without a credential", { bears: false }, "left", false],
  ["who leaves once it is known who calls", {}, "left later", false],
  ["a caller who may not do this", {}, "forbidden", false],
  ["a 401 of the service itself", {}, "own 401", false],
];
for (const [what, request, ending, counts] of endings) {
  test(`${what} ${counts ? "counts" : "does not count"}`, () => {
    const { attempt } = createPolicy({ limit: 2 });
    for (let i = 0; i < 10; i++) if (attempt(request, ending) > 0) break;
    assert.equal(attempt() > 0, counts);
  });
}

test("a 401 of a service, where nobody has to be known, does not count", () => {
  const { policy, ask, attempt } = createPolicy({ limit: 1 });
  const x = begin();
  assert.equal(ask(x), undefined);
  testResponse(x, 401);
  policy.done!(x);
  assert.equal(attempt(), 0);
});

const sameClients: readonly (readonly [string, string, boolean])[] = [
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["2001:db8::1", "2001:db8::ffff:0:0:1", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["", "", true],
];
for (const [one, other, same] of sameClients) {
  test(`${one} and ${other} are ${same ? "one client" : "two clients"}`, () => {
    const { attempt } = createPolicy({ limit: 1 });
    attempt({ address: one });
    assert.equal(attempt({ address: other }) > 0, same);
  });
}

test("failures that were under way together all count, and none is let through after them", () => {
  const { policy, ask, clock, attempt } = createPolicy({ limit: 2, window: "20s" });
  const under = Array.from({ length: 5 }, () => begin());
  for (const x of under) assert.equal(ask(x), undefined);
  for (const x of under) {
    end(x, "refused");
    policy.done!(x);
  }
  assert.equal(attempt(), 10);
  clock.advance(10_000);
  assert.equal(attempt(), 0);
  assert.equal(attempt(), 10);
});

test("addresses beyond what the table holds are not counted, and that is told once a minute", () => {
  const { attempt, log, clock } = createPolicy({ limit: 2, window: "1d", maxKeys: 1 });
  // A table holds 48 addresses at least.
  for (let i = 0; i < 60; i++) attempt({ address: `192.0.2.${i}` });
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0]?.message ?? "", /table of failed authentications is full/);
  for (let i = 0; i < 5; i++) assert.equal(attempt({ address: "192.0.2.200" }), 0);
  assert.equal(attempt({ address: "192.0.2.0" }), 0);
  assert.ok(attempt({ address: "192.0.2.0" }) > 0);
  clock.advance(60_000);
  attempt({ address: "192.0.2.200" });
  assert.equal(log.lines.length, 2);
  // Of 60 addresses 48 have a place; the last one came six times more.
  assert.deepEqual(log.lines[1]?.fields, { times: 12 - 1 + 5 + 1 });
});

test("many addresses in turn are refused each on its own, and forgotten", () => {
  const { attempt, clock } = createPolicy({ limit: 1, window: "10s", maxKeys: 10_000 });
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 1000; i++) assert.equal(attempt({ address: `10.0.${i >> 8}.${i & 255}` }), 0);
    for (let i = 0; i < 1000; i++) assert.equal(attempt({ address: `10.0.${i >> 8}.${i & 255}` }), 10);
    clock.advance(10_000);
  }
});

test("the longest window and the largest limit can be counted", () => {
  createPolicy({ limit: 999_983, window: "86399999ms" });
});

for (const config of [
  { limit: 0 },
  { limit: 1.5 },
  { limit: "3" },
  { window: "0s" },
  { window: "2d" },
  { maxKeys: 0 },
  { key: "ip" },
]) {
  test(`the schema refuses ${JSON.stringify(config)}`, () => {
    assert.ok(!authFailuresConfig.safeParse(config).success);
  });
}
