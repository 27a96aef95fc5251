import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../core/exchange.ts";
import type { Policy } from "../core/policy.ts";
import type { Reply } from "../core/reply.ts";
import { testExchange } from "../testing/exchange.ts";
import { AnyCredential } from "./any-credential.ts";

/** Takes any value of a header. */
function member(
  header: string,
  answers: { stranger?: Reply | void; bearer?: Reply | Promise<void> } = {},
): Policy {
  const missing: Reply = { status: 401, headers: ["x-other", "1", "www-authenticate", header] };
  return {
    bears: (x) => x.request.headers.has(header),
    request: (x) =>
      x.request.headers.has(header) ? answers.bearer : "stranger" in answers ? answers.stranger : missing,
  };
}

function ask(
  policy: Policy,
  ...headers: readonly string[]
): { x: Exchange; answer: ReturnType<NonNullable<Policy["request"]>> } {
  const x = testExchange({ headers: Object.fromEntries(headers.map((name) => [name, "1"])) });
  return { x, answer: policy.request!(x) };
}

const wrong: Reply = { status: 401, headers: ["www-authenticate", "wrong"] };
const pending = Promise.resolve();

test("the one whose credential is borne decides, whatever the others would say", () => {
  const any = new AnyCredential([
    member("a"),
    member("b", { bearer: wrong }),
    member("c", { bearer: pending, stranger: undefined }),
  ]);
  assert.equal(ask(any, "a").answer, undefined);
  assert.equal(ask(any, "b").answer, wrong);
  assert.equal(ask(any, "c").answer, pending);
});

test("two kinds of credentials are ambiguous, good or bad", () => {
  const any = new AnyCredential([member("a"), member("b", { bearer: wrong }), member("c")]);
  for (const headers of [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
    ["a", "b", "c"],
  ]) {
    const { answer } = ask(any, ...headers);
    assert.ok(answer !== undefined && !(answer instanceof Promise));
    assert.deepEqual([answer.status, answer.refusal?.kind.code], [400, "auth.ambiguous"]);
    assert.ok(any.bears(testExchange({ headers: { [headers[0]!]: "1" } })));
  }
});

test("a request without any gets the challenges of all, in their order", () => {
  const any = new AnyCredential([member("a"), member("b"), member("c")]);
  const { x, answer } = ask(any);
  assert.ok(answer !== undefined && !(answer instanceof Promise));
  assert.deepEqual([answer.status, answer.refusal?.kind.code], [401, "auth.missing"]);
  assert.deepEqual(answer.headers, [
    "www-authenticate",
    "a",
    "www-authenticate",
    "b",
    "www-authenticate",
    "c",
  ]);
  assert.equal(any.bears(x), false);
});

test("one that lets strangers pass, or refuses them for another reason, decides", () => {
  const bad: Reply = { status: 400 };
  assert.equal(ask(new AnyCredential([member("a"), member("b", { stranger: undefined })])).answer, undefined);
  assert.equal(ask(new AnyCredential([member("a"), member("b", { stranger: bad })])).answer, bad);
});

test("members are told apart by identity and order", () => {
  const [a, b, c] = [member("a"), member("b"), member("c")];
  const any = new AnyCredential([a, b]);
  assert.ok(any.consistsOf([a, b]));
  for (const others of [[a], [b, a], [a, c], [a, b, c], [a, member("b")]]) assert.ok(!any.consistsOf(others));
});

const unfit: readonly Policy[] = [
  { request: () => {} },
  { bears: () => true },
  { ...member("a"), response: () => {} },
  { ...member("a"), done: () => {} },
];
for (const [i, policy] of unfit.entries()) {
  test(`a policy with other hooks cannot be one of several (${i})`, () => {
    assert.throws(() => new AnyCredential([policy, member("b")]), TypeError);
  });
}
