/** Policies that users write, in whole gateways: where they stand, what they see, and what is theirs to answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { parseConfig } from "../../src/config/parse.ts";
import {
  claimName,
  ConfigError,
  createGateway,
  defineConfig,
  definePolicy,
  refuse,
  z,
  type ConfigInput,
  type Exchange,
} from "../../src/index.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { simulatedHost } from "../../src/simulation/index.ts";
import { snapshotOf } from "../../src/testing/snapshot.ts";

const secret = "a secret that is long enough for HS256: 32 bytes and more";
const jwt = { secret, algorithms: ["HS256" as const] };
const NO_TIER = { code: "tier_check.none", status: 403, title: "No tier", detail: "The token has no tier." };

/** Tells services of the caller's tier. */
const tierCheck = definePolicy({
  name: "tierCheck",
  summary: "Lets callers with a tier pass, and tells services of it.",
  stage: "behind",
  config: z.strictObject({ claim: claimName, header: z.string().default("x-tier") }),
  refusals: [NO_TIER],
  facts: ({ claim, header }) => ({
    claims: [{ name: claim, path: ["claim"], takes: ["string"] }],
    needs: [{ caller: true, params: [] }],
    identityHeaders: [header],
  }),
  create: ({ claim, header }) => ({
    request(x) {
      const tier = x.caller?.claims[claim];
      if (typeof tier !== "string") return refuse(NO_TIER, { detail: `The token has no ${claim}.` });
      x.forwardHeader(header, tier);
      return undefined;
    },
    response: (x) => x.response!.setHeader("x-checked", x.id),
  }),
});

/** Whatever a test gives it, before it is known who is calling. */
function entrance(request: (x: Exchange) => ReturnType<typeof refuse> | void, name = "first") {
  return definePolicy({
    name,
    summary: "Does as a test says.",
    stage: "entrance",
    config: z.strictObject({}),
    refusals: [],
    create: () => ({ request }),
  });
}

const tierOf = {
  path: "/tier",
  handler: { fetch: (request: Request) => new Response(request.headers.get("x-tier") ?? "none") },
};

function tokenWith(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ ...claims, sub: "u", exp: 4_000_000_000 })
    .setProtectedHeader({ alg: "HS256" })
    .sign(Buffer.from(secret));
}

test("a policy of one's own sees the caller, tells the service, refuses and stamps the answer", async () => {
  const host = simulatedHost();
  const gateway = createGateway(
    defineConfig({
      use: [tierCheck],
      claims: { tier: "string" },
      policies: { jwt, tierCheck: { claim: "tier" } },
      routes: [
        { ...tierOf, path: "/tier" },
        { ...tierOf, path: "/free", policies: { tierCheck: false } },
      ],
    }),
    { host },
  );
  const ask = async (path: string, claims: Record<string, unknown>): Promise<Response> => {
    const headers = { authorization: `Bearer ${await tokenWith(claims)}`, "x-tier": "forged" };
    return gateway.inject(new Request(`http://a${path}`, { headers }));
  };
  const passed = await ask("/tier", { tier: "gold" });
  assert.equal(await passed.text(), "gold");
  assert.equal(passed.headers.get("x-checked"), passed.headers.get("x-request-id"));
  const refused = await ask("/tier", {});
  const { requestId, ...problem } = (await refused.json()) as Record<string, unknown>;
  assert.deepEqual(
    [refused.status, problem],
    [
      403,
      {
        type: "about:blank",
        title: "No tier",
        status: 403,
        detail: "The token has no tier.",
        code: "tier_check.none",
        error: "No tier",
      },
    ],
  );
  assert.equal(refused.headers.get("x-checked"), null);
  assert.equal(requestId, refused.headers.get("x-request-id"));
  // By its facts its header is an identity header: nobody's word counts on any route.
  assert.equal(await (await ask("/free", { tier: "gold" })).text(), "none");
  await gateway.close();
});

test("its steps stand last in their stages, with kind and place, in the order of use", () => {
  const config = {
    use: [tierCheck, entrance(() => {}, "second"), entrance(() => {})],
    policies: {
      first: {},
      tierCheck: { claim: "tier" },
      allow: { method: ["GET" as const] },
      ip: { allow: ["127.0.0.1"] },
      jwt,
    },
    routes: [{ path: "/tier", handler: "respond" as const, policies: { second: {} } }],
  };
  const snapshot = snapshotOf(config);
  const steps = snapshot.routes.find(({ pattern }) => pattern === "/tier")!.steps;
  assert.deepEqual(
    steps.map(({ kind, place, stage }) => `${stage}: ${kind} at ${place}`),
    [
      "entrance: ip at policies.ip",
      "entrance: second at routes[0].policies.second",
      "entrance: first at policies.first",
      "identity: jwt at policies.jwt",
      "behind: allow at policies.allow",
      "behind: tierCheck at policies.tierCheck",
    ],
  );
});

const mistakes: readonly [string, object, string][] = [
  [
    "a route without what it needs",
    { policies: { tierCheck: { claim: "tier" } } },
    "policies.tierCheck: tierCheck asks who is calling, and no policy of the route * /tier establishes that (give the route one of jwt, introspection, apiKey, basic; or tierCheck: false)",
  ],
  [
    "a route without what it needs, in a config that is wrong elsewhere",
    { listn: {}, policies: { tierCheck: { claim: "tier" } } },
    'listn: unknown field "listn" (did you mean "listen"?)\npolicies.tierCheck: tierCheck asks who is calling, and no policy of the route * /tier establishes that (give the route one of jwt, introspection, apiKey, basic; or tierCheck: false)',
  ],
  [
    "a claim that nobody has",
    { claims: { tire: "string" }, policies: { jwt, tierCheck: { claim: "tier" } } },
    'policies.tierCheck.claim: there is no claim "tier" among those at claims (did you mean "tire"?)',
  ],
];
for (const [name, config, message] of mistakes) {
  test(`${name} is refused`, () => {
    const whole = { use: [tierCheck], routes: [tierOf], ...config } as ConfigInput;
    assert.throws(
      () => createGateway(whole, { host: simulatedHost() }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

const failures: readonly [string, (x: Exchange) => ReturnType<typeof refuse> | void, RegExp][] = [
  [
    "throws",
    () => {
      throw new Error("broken by hand");
    },
    /broken by hand/,
  ],
  ["answers with a status of 99", () => ({ status: 99 }), /first answers with the status 99/],
  ["splits a response", () => ({ status: 200, headers: ["x-a", "1\r\nx-b: 2"] }), /x-a has a value/],
  ["refuses with what it does not list", () => refuse(NO_TIER), /first refuses with what is not/],
];
for (const [name, request, message] of failures) {
  test(`a policy that ${name} is a 500 of that request, logged with the reason`, async () => {
    const host = simulatedHost();
    const config = defineConfig({
      use: [entrance(request)],
      routes: [
        { ...tierOf, policies: { first: {} } },
        { ...tierOf, path: "/other" },
      ],
    });
    const gateway = createGateway(config, { host });
    const response = await gateway.inject(new Request("http://a/tier"));
    assert.equal(response.status, 500);
    assert.equal(((await response.json()) as { code: string }).code, "internal");
    const logged = host.log.lines.filter(({ level }) => level === "error");
    assert.equal(logged.length, 1);
    assert.match(String((logged[0]!.fields as { err: unknown }).err), message);
    assert.equal((await gateway.inject(new Request("http://a/other"))).status, 200);
    await gateway.close();
  });
}

test("a reload brings policies and takes them, and closes what nothing uses any more", async () => {
  const closed: string[] = [];
  const counting = (name: string) =>
    definePolicy({
      name,
      summary: "Refuses all.",
      stage: "entrance",
      config: z.strictObject({}),
      refusals: [],
      create: () => ({ request: async () => ({ status: 299 }), close: () => void closed.push(name) }),
    });
  const gateway = createGateway({ routes: [tierOf] }, { host: simulatedHost() });
  const ask = async (): Promise<number> => (await gateway.inject(new Request("http://a/tier"))).status;
  assert.equal(await ask(), 200);
  await gateway.reload(defineConfig({ use: [counting("a")], policies: { a: {} }, routes: [tierOf] }));
  assert.equal(await ask(), 299);
  await assert.rejects(gateway.reload({ policies: { a: {} }, routes: [tierOf] } as ConfigInput), ConfigError);
  assert.equal(await ask(), 299);
  await gateway.reload({ routes: [tierOf] });
  assert.equal(await ask(), 200);
  await gateway.close();
  assert.deepEqual(closed, ["a"]);
});

/** Closes as a test says. */
function closedBy(close: () => Promise<void>) {
  return definePolicy({
    name: "closing",
    summary: "Closes as a test says.",
    stage: "entrance",
    config: z.strictObject({}),
    refusals: [],
    create: () => ({ close }),
  });
}
const open = [{ path: "/", handler: { respond: { body: "hi" } } }];

test("close waits for policies of a config before, which have not closed since its last exchange", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const use = [closedBy(() => promise)];
  const gateway = createGateway(defineConfig({ use, policies: { closing: {} }, routes: open }), {
    host: simulatedHost(),
  });
  await gateway.reload({ routes: open });
  let isOver = false;
  const over = gateway.close().then(() => (isOver = true));
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  resolve();
  await over;
});

test("a policy that cannot be closed does not keep the log from closing, and is told", async () => {
  const use = [closedBy(() => Promise.reject(new Error("no")))];
  let isLogClosed = false;
  const config = parseConfig({ use, policies: { closing: {} }, routes: open });
  const gateway = new Gateway(config, simulatedHost(), { closed: async () => void (isLogClosed = true) });
  await assert.rejects(gateway.close(), /no/);
  assert.equal(isLogClosed, true);
});
