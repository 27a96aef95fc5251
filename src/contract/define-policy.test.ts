import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { refuse, type Reply } from "../core/reply.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { testAround } from "../testing/around.ts";
import { testExchange, testResponse } from "../testing/exchange.ts";
import { definePolicy, isOwnPolicyKind } from "./define-policy.ts";
import type { OwnExchange, OwnFacts, OwnPolicy } from "./own-policy.ts";

const LATE = { code: "my_policy.late", status: 409, title: "Late", detail: "Come earlier." };

const right = {
  name: "myPolicy",
  summary: "Does nothing.",
  stage: "entrance" as const,
  config: z.strictObject({}),
  refusals: [LATE],
  create: (): OwnPolicy => ({}),
};

function policyOf(made: unknown, identityHeaders: readonly string[] = []) {
  const kind = definePolicy({
    ...right,
    facts: () => ({ identityHeaders }),
    create: () => made as OwnPolicy,
  });
  return kind.create({}, testAround());
}

test("what definePolicy returns is known, and nothing that looks like it is", () => {
  const kind = definePolicy(right);
  assert.equal(isOwnPolicyKind(kind), true);
  for (const other of [{ ...kind }, "myPolicy", undefined, null]) assert.equal(isOwnPolicyKind(other), false);
});

test("no definition is an error", () => {
  for (const none of [undefined, null])
    assert.throws(() => definePolicy(none as never), { name: "TypeError", message: /must be an object/ });
});

const wrong: readonly [string, object, RegExp][] = [
  ["no name", { name: undefined }, /name must be letters and digits/],
  ["a name that every object has", { name: "toString" }, /the name toString is not allowed/],
  ["a name that configs may not have", { name: "constructor" }, /the name constructor is not allowed/],
  ["a name with a dash", { name: "my-policy" }, /name must be letters and digits/],
  ["no summary", { summary: "" }, /summary .* of myPolicy/],
  [
    "a stage of the gateway's own",
    { stage: "identity" },
    /stage must be "entrance" or "behind".* of myPolicy/,
  ],
  ["a schema that takes any field", { config: z.object({}) }, /z\.strictObject.* of myPolicy/],
  ["a schema that says it takes any", { config: z.looseObject({}) }, /z\.strictObject/],
  ["no schema", { config: {} }, /z\.strictObject/],
  ["facts that are no function", { facts: 1 }, /facts must be a function.* of myPolicy/],
  ["a refusal that is nothing", { refusals: [null] }, /refusals must be a list of objects.* of myPolicy/],
  ["no create", { create: undefined }, /create must be a function/],
  ["no refusals", { refusals: undefined }, /refusals must be a list/],
  ["another's code", { refusals: [{ ...LATE, code: "jwt.expired" }] }, /my_policy\..*"jwt\.expired"/],
  ["a refusal that lets pass", { refusals: [{ ...LATE, status: 200 }] }, /status of my_policy\.late/],
  ["a refusal without words", { refusals: [{ ...LATE, title: undefined }] }, /title and a detail/],
];
for (const [name, change, message] of wrong) {
  test(`${name} is an error`, () => {
    const definition = { ...right, ...change } as typeof right;
    assert.throws(() => definePolicy(definition), { name: "TypeError", message });
  });
}

test("a schema with refinements is strict all the same", () => {
  definePolicy({ ...right, config: z.strictObject({ a: z.number() }).refine(({ a }) => a > 1) });
});

const unmade: readonly [string, () => unknown, RegExp][] = [
  [
    "throws",
    () => {
      throw new Error("no file");
    },
    /myPolicy failed while it was made: no file/,
  ],
  ["returns nothing", () => undefined, /myPolicy must return an object/],
  ["returns a hook that is none", () => ({ done: 1 }), /the hook done of the policy myPolicy/],
  ["returns a promise", () => Promise.resolve({}), /myPolicy must return an object/],
];
for (const [name, create, message] of unmade) {
  test(`a create that ${name} is a mistake of the config`, () => {
    const kind = definePolicy({ ...right, create: create as () => OwnPolicy });
    assert.throws(() => kind.create({}, testAround()), { name: "ConfigMistake", message });
  });
}

const wrongFacts: readonly [string, () => unknown, RegExp][] = [
  [
    "fail",
    () => {
      throw new Error("none");
    },
    /facts of the policy myPolicy failed: none/,
  ],
  ["are nothing", () => undefined, /facts of the policy myPolicy are wrong: expected an object/],
  ["are a list", () => [], /expected an object/],
  ["are unknown", () => ({ identityHeader: ["x-user"] }), /unknown field "identityHeader"/],
  [
    "name a header that would not be deleted",
    () => ({ identityHeaders: ["X-User"] }),
    /identityHeaders\[0\]: expected the name of a header field in lower case/,
  ],
  ["name a header in a text", () => ({ identityHeaders: "x-user" }), /identityHeaders: expected a list/],
  ["name a field of framing", () => ({ identityHeaders: ["host"] }), /the gateway writes this field itself/],
  ["need nothing", () => ({ needs: [{ caller: true }] }), /needs\[0\]: "params" is missing/],
  ["amend", () => ({ inheritance: "amends" }), /inheritance: expected one of "replaces", "adds"/],
];
for (const [name, facts, message] of wrongFacts) {
  test(`facts that ${name} are a mistake of the config`, () => {
    const kind = definePolicy({ ...right, facts: facts as () => OwnFacts });
    assert.throws(() => kind.facts!({}, testAround()), { name: "ConfigMistake", message });
  });
}

test("a promise that create returns may fail unheard", async () => {
  const kind = definePolicy({ ...right, create: (() => Promise.reject(new Error("late"))) as () => never });
  assert.throws(() => kind.create({}, testAround()), { name: "ConfigMistake" });
  await new Promise(setImmediate);
});

test("a mistake that create finds keeps its place and hint", () => {
  const mistake = new ConfigMistake("too late", ["until"], "earlier");
  const kind = definePolicy({
    ...right,
    create: () => {
      throw mistake;
    },
  });
  assert.throws(() => kind.create({}, testAround()), mistake);
});

test("hooks that are not there are not asked", () => {
  assert.deepEqual(Object.keys(policyOf({})), []);
  assert.deepEqual(Object.keys(policyOf({ done() {}, close() {} })), ["done", "close"]);
});

test("every hook is called on the policy, with a view of the exchange", async () => {
  const seen: unknown[] = [];
  class Counting implements OwnPolicy {
    count = 0;
    request(x: OwnExchange): void {
      this.count++;
      seen.push(x.id);
    }
    response(x: OwnExchange): void {
      this.count++;
      seen.push(x.id);
    }
    done(x: OwnExchange): void {
      this.count++;
      seen.push(x.id);
    }
    close(): void {
      seen.push(this.count);
    }
  }
  const policy = policyOf(new Counting());
  const x = testExchange();
  await policy.request!(x);
  await policy.response!(x);
  policy.done!(x);
  await policy.close!();
  assert.deepEqual(seen, [x.id, x.id, x.id, 3]);
});

test("a view tells of the exchange, as it is by then", () => {
  const x = testExchange({ target: "/a?b", address: "192.0.2.1", headers: { accept: "*/*" } });
  let view: OwnExchange | undefined;
  void policyOf({ request: (given: OwnExchange) => void (view = given) }).request!(x);
  assert.ok(view !== undefined);
  assert.deepEqual(
    [view.id, view.client.address, view.request.path, view.request.query, view.request.headers.get("accept")],
    [x.id, "192.0.2.1", "/a", "?b", "*/*"],
  );
  assert.deepEqual([view.caller, view.tenant, view.response], [undefined, undefined, undefined]);
  x.caller = { kind: "jwt", id: "u", claims: {}, scopes: [] };
  testResponse(x, 201, { "x-a": "1" });
  assert.equal(view.caller, x.caller);
  assert.equal(view.response!.status, 201);
  view.response!.setHeader("X-B", "2");
  view.response!.deleteHeader("x-a");
  assert.deepEqual(x.response!.headers.fields, ["x-b", "2"]);
  testResponse(x, 500);
  assert.equal(view.response!.status, 500);
  view.forwardHeader("X-Variant", "b");
  assert.deepEqual(x.forwardHeaders, ["x-variant", "b"]);
});

const fields: readonly [string, string][] = [
  ["content-length", "0"],
  ["Transfer-Encoding", "chunked"],
  ["host", "a"],
  ["connection", "close"],
  ["x-forwarded-for", "192.0.2.1"],
  ["x-request-id", "1"],
  ["x-user", "somebody"],
  ["x a", "1"],
  ["x_a", "1"],
  ["", "1"],
  ["x-a", "1\r\nx-b: 2"],
  ["x-a", "1\0"],
  ["x-a", "\u2028"],
  ["x-a", 1 as unknown as string],
];
for (const [name, value] of fields) {
  test(`a policy cannot send ${JSON.stringify(`${name}: ${value}`)} to a service`, () => {
    const x = testExchange();
    (x.snapshot.identityHeaders as string[]).splice(0, 1, "x-user");
    const policy = policyOf({ request: (view: OwnExchange) => view.forwardHeader(name, value) });
    assert.throws(() => policy.request!(x), TypeError);
    assert.equal(x.forwardHeaders, undefined);
  });
}

test("a policy sets the identity headers that are its own", () => {
  const x = testExchange();
  (x.snapshot.identityHeaders as string[]).splice(0, 1, "x-user");
  void policyOf({ request: (view: OwnExchange) => view.forwardHeader("X-User", "a") }, ["x-user"]).request!(
    x,
  );
  assert.deepEqual(x.forwardHeaders, ["x-user", "a"]);
});

const replies: readonly [string, unknown, RegExp][] = [
  ["a status of 99", { status: 99 }, /myPolicy answers with the status 99/],
  ["no status", {}, /status undefined/],
  ["a text", "no", /no reply/],
  ["null", null, /no reply/],
  ["a 204 with a body", { status: 204, body: "a" }, /204 with a body/],
  ["a field of framing", { status: 200, headers: ["content-length", "9"] }, /content-length/],
  ["a value that splits", { status: 200, headers: ["x-a", "1\r\n\r\n"] }, /x-a/],
  ["a name without a value", { status: 200, headers: ["x-a"] }, /x-a/],
  ["a list of headers that is an object", { status: 200, headers: { "x-a": "1" } }, /no list of names/],
  ["an object as its body", { status: 200, body: { a: 1 } }, /body that is no text/],
  ["a refusal that is not listed", refuse({ ...LATE }), /not among its refusals/],
];
for (const [name, reply, message] of replies) {
  test(`${name} is no reply, at once or later`, async () => {
    const x = testExchange();
    assert.throws(() => policyOf({ request: () => reply }).request!(x), { name: "TypeError", message });
    const later = policyOf({ request: () => Promise.resolve(reply) }).request!(x) as Promise<Reply>;
    await assert.rejects(later, { name: "TypeError", message });
  });
}

test("a refusal has no page that explains it, unless it names one", async () => {
  const x = testExchange();
  const reply = policyOf({ request: () => refuse(LATE, { headers: ["Retry-After", "1"] }) }).request!(x);
  assert.deepEqual(await reply, {
    status: 409,
    headers: ["retry-after", "1"],
    refusal: { kind: { ...LATE, type: "about:blank" } },
  });
});
