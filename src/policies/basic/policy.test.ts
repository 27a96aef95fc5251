import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { testExchange } from "../../testing/exchange.ts";
import { basicPolicy } from "./policy.ts";
import { basicConfig } from "./schema.ts";
import { aliceHash, ask, askFor, basic, createPolicy, right, users, type Outcome } from "./testing.ts";
import { testAround } from "../../testing/around.ts";

test("the right name and password pass, and say who is calling", async () => {
  const { policy } = createPolicy();
  for (const time of ["first", "remembered"]) {
    const { x, code } = await ask(policy, right);
    assert.equal(code, "", time);
    assert.deepEqual([x.caller?.kind, x.caller?.id, x.caller?.plan], ["basic", "alice", "pro"]);
    assert.deepEqual(x.caller?.scopes, ["read", "write"]);
    assert.deepEqual({ ...x.caller?.claims }, { tenant: "acme" });
    assert.equal(Object.getPrototypeOf(x.caller?.claims), null);
    assert.ok(Object.isFrozen(x.caller) && Object.isFrozen(x.caller?.claims));
  }
});

const accepted: readonly (readonly [what: string, authorization: string])[] = [
  ["the scheme in another case", right.replace("Basic", "bAsIC")],
  ["a password with a colon, beyond ASCII", basic("Zoë", "p:ss wörd\u{1f511}")],
  [
    "characters that are typed apart (NFD)",
    basic("Zoë".normalize("NFD"), "p:ss wörd\u{1f511}".normalize("NFD")),
  ],
];
for (const [what, authorization] of accepted) {
  test(`takes ${what}`, async () => assert.equal((await ask(createPolicy().policy, authorization)).code, ""));
}

const refused: readonly (readonly [what: string, authorization: string | undefined, code: string])[] = [
  ["nothing", undefined, "basic.missing"],
  ["an empty field", "", "basic.missing"],
  ["another scheme", "Bearer x", "basic.missing"],
  ["the scheme alone", "Basic", "basic.missing"],
  ["a wrong password", basic("alice", "wrong"), "basic.wrong"],
  ["the password of another", basic("Zoë", "correct horse"), "basic.wrong"],
  ["a name that nobody has, with a password that stands in", basic("Alice", "correct horse"), "basic.wrong"],
  ["a name that nobody has, of even length", basic("mallory!", "correct horse"), "basic.wrong"],
  ["a name of the prototype", basic("__proto__", "x"), "basic.wrong"],
  ["a blank behind the name", basic("alice ", "correct horse"), "basic.wrong"],
  ["an empty name", basic("", "correct horse"), "basic.wrong"],
  ["an empty password", basic("alice", ""), "basic.wrong"],
  ["the hash as the password", basic("alice", aliceHash), "basic.wrong"],
  ["the colon moved into the name", basic("alice:correct", " horse"), "basic.wrong"],
  ["no colon", `Basic ${btoa("alice")}`, "basic.malformed"],
  ["padding too much", `${right}=`, "basic.malformed"],
  ["a blank at the end", `${right} `, "basic.malformed"],
  ["two credentials", `${right},${right}`, "basic.malformed"],
  [
    "bytes that are not UTF-8",
    `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString("base64")}`,
    "basic.malformed",
  ],
  ["NUL in the name", basic("alice\0", "correct horse"), "basic.malformed"],
  ["NUL behind the password", basic("alice", "correct horse\0"), "basic.malformed"],
  ["a line break in the password", basic("alice", "correct\r\nhorse"), "basic.malformed"],
  ["a C1 control", basic("alice", "\u009b"), "basic.malformed"],
  ["a huge field", `Basic ${"YWFh".repeat(100_000)}`, "basic.malformed"],
];
for (const [what, authorization, code] of refused) {
  test(`refuses ${what} (${code})`, async () => {
    const { policy } = createPolicy({ realm: "shop" });
    const outcome = await ask(policy, authorization);
    assert.equal(outcome.code, code);
    assert.equal(outcome.status, 401);
    assert.deepEqual(outcome.headers, ["www-authenticate", 'Basic realm="shop", charset="UTF-8"']);
    assert.equal(outcome.x.caller, undefined);
    assert.equal(outcome.x.forwardHeaders, undefined);
  });
}

test("the length of what is looked at is bounded, exactly", async () => {
  const { policy } = createPolicy();
  const longest = `Basic ${Buffer.alloc(3067, "a:").toString("base64").slice(0, 4088)}`;
  // 6 and 4088 and one more group of four would be 4098.
  assert.equal(longest.length, 4094);
  assert.equal((await ask(policy, longest)).code, "basic.wrong");
  assert.equal((await ask(policy, `${longest}aaa`)).code, "basic.malformed");
});

test("two Authorization headers are ambiguous", async () => {
  const { policy } = createPolicy();
  for (const second of [right, "Bearer x", ""]) {
    const x = testExchange({ headers: { authorization: right } });
    x.request.headers.append("authorization", second);
    const outcome = await askFor(policy, x);
    assert.deepEqual([outcome.code, outcome.status], ["basic.ambiguous", 400]);
    assert.ok(policy.bears(x));
  }
});

const borne: readonly (readonly [authorization: string | undefined, bears: boolean])[] = [
  [undefined, false],
  ["", false],
  ["Bearer x", false],
  ["Basic", false],
  ["basic nonsense", true],
  [right, true],
];
for (const [authorization, bears] of borne) {
  test(`${String(authorization).slice(0, 20)} is ${bears ? "" : "not "}of its kind`, () => {
    const x = testExchange({ headers: authorization === undefined ? {} : { authorization } });
    assert.equal(createPolicy().policy.bears(x), bears);
  });
}

test("credentials are passed on only where the config says so", async () => {
  for (const forwardCredentials of [false, true]) {
    const { policy } = createPolicy({ forwardCredentials });
    for (const time of ["first", "remembered"]) {
      const { x } = await ask(policy, right);
      assert.equal(x.request.headers.has("authorization"), forwardCredentials, time);
    }
  }
});

test("services are told who is calling, as the config says", async () => {
  const callerToHeaders = { id: "x-user-id", plan: "x-plan", scopes: "x-scopes" };
  const { policy } = createPolicy({ callerToHeaders });
  const { x } = await ask(policy, right);
  assert.deepEqual(x.forwardHeaders, ["x-user-id", "alice", "x-plan", "pro", "x-scopes", "read write"]);
  const other = (await ask(policy, basic("Zoë", "p:ss wörd\u{1f511}"))).x;
  assert.deepEqual(other.forwardHeaders, ["x-user-id", "Zo\xc3\xab"]);
  assert.deepEqual(
    basicPolicy.facts!(basicConfig.parse({ users, callerToHeaders }), testAround()).identityHeaders,
    ["x-user-id", "x-plan", "x-scopes"],
  );
});

test("a verdict is remembered for as long as configured after its last use, right or wrong", async () => {
  const { policy, clock } = createPolicy({ cache: { for: "10s" } });
  for (const [authorization, code] of [
    [right, ""],
    [basic("alice", "wrong"), "basic.wrong"],
    [basic("nobody", "wrong"), "basic.wrong"],
  ] as const) {
    for (const [advance, synchronous] of [
      [0, false],
      [9999, true],
      [9999, true],
      [10_000, false],
      [0, true],
    ] as const) {
      clock.advance(advance);
      const outcome = await ask(policy, authorization);
      assert.deepEqual([outcome.code, outcome.synchronous], [code, synchronous]);
    }
  }
});

test("no more right passwords are remembered than configured, and wrong ones evict none", async () => {
  const { policy } = createPolicy({ cache: { entries: 2 } });
  await ask(policy, right);
  for (let i = 0; i < 5; i++) await ask(policy, basic("alice", `wrong ${i}`));
  assert.ok((await ask(policy, right)).synchronous);
  for (const authorization of [basic("Zoë", "p:ss wörd\u{1f511}"), basic("Zoë", "p:ss wo\u0308rd\u{1f511}")])
    await ask(policy, authorization);
  assert.ok(!(await ask(policy, right)).synchronous);
});

test("what is remembered of one credential says nothing of another", async () => {
  const { policy } = createPolicy();
  await ask(policy, right);
  assert.equal((await ask(policy, `${right}=`)).code, "basic.malformed");
  assert.equal((await ask(policy, basic("alice", "correct Horse"))).code, "basic.wrong");
});

test("requests with one credential at the same time wait for one verification; too many others are told to come back", async () => {
  const { policy } = createPolicy();
  const same = Array.from({ length: 200 }, () => ask(policy, right));
  // One is verified, so that one more is, and 64 wait; those have left when their turn comes.
  const others: Promise<Outcome>[] = [];
  const gone: Exchange[] = [];
  for (let i = 0; i < 70; i++) {
    const x = testExchange({ headers: { authorization: basic("alice", `wrong ${i}`) } });
    others.push(askFor(policy, x));
    if (i > 0) gone.push(x);
  }
  for (const x of gone) x.finished = true;
  const busy = await others.at(-1)!;
  assert.deepEqual([busy.code, busy.status, busy.synchronous], ["basic.busy", 503, true]);
  assert.deepEqual(busy.headers, ["retry-after", "1"]);
  // Who bears what is being verified already needs no place of his own.
  same.push(ask(policy, right));
  assert.ok((await Promise.all(same)).every(({ code, x }) => code === "" && x.caller?.id === "alice"));
  const answers = await Promise.all(others);
  // Those that had left pass no more than the others, though nobody hears of it.
  const left = answers.filter(({ code, synchronous }) => code === "basic.busy" && !synchronous);
  assert.equal(left.length, 64);
  assert.equal(answers.filter(({ synchronous }) => synchronous).length, 70 - 1 - 64);
  assert.equal(answers.filter(({ code }) => code === "basic.wrong").length, 1);
  // Nothing was learned of what nobody waited for.
  const again = await ask(policy, basic("alice", "wrong 5"));
  assert.deepEqual([again.code, again.synchronous], ["basic.wrong", false]);
});

test("the policies of a gateway have their turns together: no more at a time, however many there are", async () => {
  const { policy, host } = createPolicy();
  const { policy: other } = createPolicy({ realm: "other" }, host);
  const asked = Array.from({ length: 66 }, (_, i) => ask(i % 2 === 0 ? policy : other, basic("x", `${i}`)));
  for (const one of [policy, other]) assert.equal((await ask(one, right)).code, "basic.busy");
  assert.equal((await ask(createPolicy().policy, right)).code, "");
  await Promise.all(asked);
});

test("a client that leaves does not take the verdict from those who wait with it", async () => {
  const { policy } = createPolicy();
  const blockers = [0, 1].map((i) => ask(policy, basic("alice", `wrong ${i}`)));
  const first = testExchange({ headers: { authorization: right } });
  const left = askFor(policy, first);
  const second = ask(policy, right);
  first.finished = true;
  await Promise.all(blockers);
  await left;
  assert.equal((await second).code, "");
  await setImmediate();
  assert.ok((await ask(policy, right)).synchronous);
});

const unusable: readonly (readonly [what: string, config: object, path: readonly (string | number)[]])[] = [
  ["no users", { users: [] }, []],
  ["a user twice", { users: [users[0], users[1], users[0]] }, ["users", 2, "name"]],
  [
    "a name twice, typed apart",
    { users: [users[1], { ...users[1], name: "Zoe\u0308" }] },
    ["users", 1, "name"],
  ],
  [
    "a password in place of its hash",
    { users: [{ name: "a", passwordHash: "correct horse" }] },
    ["users", 0, "passwordHash"],
  ],
  [
    "a hash that is too weak",
    { users: [{ name: "a", passwordHash: aliceHash.replace("m=19456", "m=4096") }] },
    ["users", 0, "passwordHash"],
  ],
  [
    "one header for two",
    { callerToHeaders: { id: "x-user", scopes: "x-user" } },
    ["callerToHeaders", "scopes"],
  ],
];
for (const [what, config, path] of unusable) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createPolicy(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, path);
        assert.ok(!error.message.includes("correct horse") && !error.message.includes(aliceHash.slice(-20)));
        return true;
      },
    );
  });
}

const wrong: readonly (readonly [what: string, config: object])[] = [
  ["a name with a colon", { users: [{ name: "a:b", passwordHash: aliceHash }] }],
  ["a name with a line break", { users: [{ name: "a\nb", passwordHash: aliceHash }] }],
  ["an empty name", { users: [{ name: "", passwordHash: aliceHash }] }],
  ["a realm with a quote", { users, realm: 'a"b' }],
  ["a field that nobody knows", { users: [{ ...users[0], password: "x" }] }],
  ["verdicts for ever", { users, cache: { for: "2d" } }],
];
for (const [what, config] of wrong) {
  test(`the schema refuses ${what}`, () => assert.ok(!basicConfig.safeParse(config).success));
}
