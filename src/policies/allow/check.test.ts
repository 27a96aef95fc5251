import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import type { AllowRequest } from "./request.ts";
import type { AllowFunction } from "./schema.ts";
import { callerOf, codeOf, createAllow, decide, exchangeOf } from "./testing.ts";

const user = callerOf({ role: "user" });

const never: AllowFunction = () => new Promise<boolean>(() => {});

describe("allow: a function", () => {
  const decisions: readonly (readonly [AllowFunction, code: string])[] = [
    [() => true, ""],
    [() => false, "allow.forbidden"],
    [async () => true, ""],
    [async () => false, "allow.forbidden"],
    [(caller) => caller.claims["role"] === "user", ""],
    [
      (_, { params, path, method, query }) => `${method} ${path} ${query} ${params["id"]}` === "GET /a ?b 7",
      "",
    ],
    [
      (_, { host, clientAddress, id, tenant }) =>
        `${host} ${clientAddress} ${id} ${tenant}` === "gateway.test 127.0.0.1 0123456789abcdef acme",
      "",
    ],
    [(_, { header }) => header("X-Team") === "a, b", ""],
    [(_, request) => request.header("X-Team") === "a, b" && request.header("x-none") === undefined, ""],
  ];
  for (const [check, code] of decisions) {
    test(`${String(check)}: ${code || "passes"}`, async () => {
      const asked = { target: "/a?b", params: { id: "7" }, headers: { "x-team": "a" }, tenant: "acme" };
      const x = exchangeOf(user, asked);
      x.request.headers.append("x-team", "b");
      const reply = await createAllow(check).policy.request!(x);
      assert.equal(codeOf(reply ?? undefined), code);
    });
  }

  test("hears of the host that a trusted proxy tells of", () => {
    let seen: AllowRequest | undefined;
    const { policy } = createAllow((_, request) => {
      seen = request;
      return true;
    });
    void policy.request!(exchangeOf(user, { forwardedHost: "shop.example" }));
    assert.equal(seen?.host, "shop.example");
  });

  const unclear = [undefined, null, 1, "true", "", {}, [], () => true, Object(true) as unknown];
  for (const given of unclear) {
    test(`that returns ${typeof given} ${JSON.stringify(given)} is an error, at once and later`, async () => {
      const at = exchangeOf(user);
      assert.throws(
        () => createAllow((() => given) as AllowFunction).policy.request!(at),
        /returns true or false/,
      );
      const later = createAllow((async () => given) as unknown as AllowFunction).policy;
      await assert.rejects(later.request!(at) as Promise<void>, /returns true or false/);
    });
  }

  test("that throws or rejects is an error", async () => {
    const broken = new Error("broken");
    const thrown = createAllow(() => {
      throw broken;
    });
    assert.throws(() => thrown.policy.request!(exchangeOf(user)), broken);
    const rejected = createAllow(() => Promise.reject(broken));
    await assert.rejects(rejected.policy.request!(exchangeOf(user)) as Promise<void>, broken);
  });

  test("is not asked about nobody, nor where the conditions do not hold", () => {
    let asked = 0;
    const check = (): boolean => ++asked > 0;
    assert.equal(codeOf(decide(check, undefined)), "allow.unauthenticated");
    assert.equal(codeOf(decide({ check, method: "GET" }, undefined)), "allow.unauthenticated");
    assert.equal(codeOf(decide({ check, role: "admin" }, user)), "allow.forbidden");
    assert.equal(asked, 0);
    assert.equal(decide({ check, role: "user" }, user), undefined);
    assert.equal(asked, 1);
  });

  for (const [timeout, timeoutMs] of [
    [undefined, 5000],
    ["1s", 1000],
  ] as const) {
    test(`has ${timeoutMs} ms`, async () => {
      const check = timeout === undefined ? never : { function: never, timeout };
      const { policy, clock } = createAllow({ check });
      const waiting = policy.request!(exchangeOf(user)) as Promise<unknown>;
      let settled = false;
      void waiting.then(() => (settled = true));
      clock.advance(timeoutMs - 1);
      await setImmediate();
      assert.equal(settled, false);
      // Deadlines are looked at ten times a second.
      clock.advance(101);
      const reply = await waiting;
      assert.equal((reply as { status: number }).status, 503);
      assert.equal(clock.timers, 0);
    });
  }

  test("that decides too late, or fails then, changes nothing", async () => {
    const decision = Promise.withResolvers<boolean>();
    const { policy, clock } = createAllow(() => decision.promise);
    const waiting = policy.request!(exchangeOf(user)) as Promise<{ status: number }>;
    clock.advance(5100);
    assert.equal((await waiting).status, 503);
    decision.reject(new Error("too late"));
    await setImmediate();
  });

  test("may return what is only like a promise", async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = { then: (resolve: (value: boolean) => void) => resolve(true) };
    const { policy } = createAllow((() => thenable) as unknown as AllowFunction);
    assert.equal(await policy.request!(exchangeOf(user)), undefined);
  });
});
