import assert from "node:assert/strict";
import { test } from "node:test";
import { testExchange } from "../testing/exchange.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "./authenticator.ts";
import type { Caller } from "./caller.ts";
import type { Exchange } from "./exchange.ts";
import { IdentityStep } from "./identity-step.ts";
import type { Reply } from "./reply.ts";

const alice: Caller = { kind: "apiKey", id: "alice", claims: {}, scopes: [] };
const known: Identity = { caller: alice, headers: ["x-user", "alice", "x-plan", "pro"] };

type Outcome = ReturnType<Authenticator["identify"]>;

/** Takes any value of a header. */
function member(
  header: string,
  { stranger, bearer = known }: { stranger?: Outcome; bearer?: Outcome } = {},
): Authenticator {
  const missing: Reply = { status: 401, headers: ["x-other", "1", "www-authenticate", header] };
  return {
    challenges: [header],
    bears: (x) => x.request.headers.has(header),
    identify: (x) => (x.request.headers.has(header) ? bearer : (stranger ?? missing)),
  };
}

function ask(
  step: IdentityStep,
  ...headers: readonly string[]
): { x: Exchange; answer: ReturnType<IdentityStep["request"]> } {
  const x = testExchange({ headers: Object.fromEntries(headers.map((name) => [name, "1"])) });
  return { x, answer: step.request(x) };
}

const wrong: Reply = { status: 401, headers: ["www-authenticate", "wrong"] };

test("the one whose credential is borne decides, whatever the others would say", async () => {
  const step = new IdentityStep([
    member("a"),
    member("b", { bearer: wrong }),
    member("c", { bearer: Promise.resolve(known), stranger: ANONYMOUS }),
    member("d", { bearer: Promise.resolve(wrong) }),
  ]);
  for (const [header, answer] of [
    ["a", undefined],
    ["b", wrong],
    ["c", undefined],
    ["d", wrong],
  ] as const) {
    const asked = ask(step, header);
    assert.equal(asked.answer instanceof Promise, header === "c" || header === "d");
    assert.equal(await asked.answer, answer);
    assert.equal(asked.x.caller, answer === undefined ? alice : undefined);
    assert.deepEqual(asked.x.forwardHeaders, answer === undefined ? known.headers : undefined);
  }
});

test("what services are told stands over what they were told before, each field once", () => {
  const x = testExchange({ headers: { a: "1" } });
  x.forwardHeader("x-plan", "free");
  x.forwardHeader("x-other", "1");
  assert.equal(new IdentityStep([member("a")]).request(x), undefined);
  assert.deepEqual(x.forwardHeaders, ["x-plan", "pro", "x-other", "1", "x-user", "alice"]);
});

test("two kinds of credentials are ambiguous, good or bad", () => {
  const step = new IdentityStep([member("a"), member("b", { bearer: wrong }), member("c")]);
  for (const headers of [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
    ["a", "b", "c"],
  ]) {
    const { x, answer } = ask(step, ...headers);
    assert.ok(answer !== undefined && !(answer instanceof Promise));
    assert.deepEqual([answer.status, answer.refusal?.kind.code], [400, "auth.ambiguous"]);
    assert.equal(x.caller, undefined);
    assert.ok(step.bears(testExchange({ headers: { [headers[0]!]: "1" } })));
  }
});

test("a request without any gets the challenges of all, in their order", () => {
  const step = new IdentityStep([member("a"), member("b"), member("c")]);
  const { x, answer } = ask(step);
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
  assert.deepEqual(step.challenges, ["a", "b", "c"]);
  assert.equal(step.bears(x), false);
});

test("where there is one alone, its own refusal says what is missing", () => {
  const missing: Reply = { status: 401 };
  assert.equal(ask(new IdentityStep([member("a", { stranger: missing })])).answer, missing);
});

test("one that lets strangers pass, or refuses them for another reason, decides", async () => {
  const bad: Reply = { status: 400 };
  for (const [stranger, answer] of [
    [ANONYMOUS, undefined],
    [Promise.resolve(ANONYMOUS), undefined],
    [bad, bad],
  ] as const) {
    for (const others of [[member("a")], []]) {
      const asked = ask(new IdentityStep([...others, member("b", { stranger })]));
      assert.equal(await asked.answer, answer);
      assert.deepEqual([asked.x.caller, asked.x.forwardHeaders], [undefined, undefined]);
    }
  }
});

test("whether a credential was borne stays known, also where it is taken out of the request", async () => {
  const taking = (outcome: Outcome): Authenticator => ({
    ...member("a"),
    identify(x) {
      x.request.headers.delete("a");
      return outcome;
    },
  });
  for (const outcome of [known, wrong, Promise.resolve(wrong)]) {
    const { x, answer } = ask(new IdentityStep([taking(outcome), member("b")]), "a");
    // Also while it is waited for.
    assert.equal(x.credential, "borne");
    await answer;
    assert.equal(x.credential, "borne");
  }
  assert.equal(ask(new IdentityStep([taking(known), member("b")])).x.credential, "none");
});

test("an authenticator that says nothing lets nobody pass", () => {
  const mute = { ...member("a"), identify: (): Outcome => undefined as never };
  for (const headers of [["a"], []])
    assert.throws(() => ask(new IdentityStep([mute]), ...headers), TypeError);
});

const challenges: readonly string[] = [];
const bears = (): boolean => true;
const identify = (): Identity => ANONYMOUS;
const hook = (): void => {};

class Hooked {
  readonly challenges = challenges;
  readonly bears = bears;
  readonly identify = identify;
  done(): void {}
}

test("the compiler refuses an authenticator with hooks, or without what it needs", () => {
  const unfit: readonly Authenticator[] = [
    // @ts-expect-error: bears is missing
    { challenges, identify },
    // @ts-expect-error: identify is missing
    { challenges, bears },
    // @ts-expect-error: challenges are missing
    { bears, identify },
    // @ts-expect-error: a hook of policies
    { challenges, bears, identify, request: hook },
    // @ts-expect-error: a hook of policies
    { challenges, bears, identify, response: hook },
    // @ts-expect-error: a hook of policies
    new Hooked(),
  ];
  assert.equal(unfit.length, 6);
});
