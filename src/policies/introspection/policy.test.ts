import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { testExchange } from "../../testing/exchange.ts";
import { introspectionPolicy } from "./policy.ts";
import { introspectionConfig } from "./schema.ts";
import { ask, bear, createPolicy, request, SECRET, URL_OF_SERVER } from "./testing.ts";
import { testAround } from "../../testing/around.ts";

const TOKEN = "2YotnFZFEjr1zCsicMWpAA";
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

test("an active token passes and says who is calling, and the service does not get it", async () => {
  const { policy, server } = createPolicy({ claimsToHeaders: { sub: "x-user-id", tenant: "x-tenant" } });
  server.body = { active: true, sub: "alice", scope: "read write", tenant: "Zoë", exp: 2_000_000_000 };
  for (const synchronous of [false, true]) {
    const outcome = await bear(policy, TOKEN);
    assert.equal(outcome.code, "");
    assert.equal(outcome.synchronous, synchronous);
    const { caller, forwardHeaders, request } = outcome.x;
    assert.deepEqual(
      [caller?.kind, caller?.id, caller?.scopes],
      ["introspection", "alice", ["read", "write"]],
    );
    assert.equal(caller?.claims["tenant"], "Zoë");
    assert.deepEqual(
      forwardHeaders?.filter((_, i) => i % 2 === 0),
      ["x-user-id", "x-tenant"],
    );
    assert.equal(Buffer.from(forwardHeaders[3]!, "latin1").toString(), "Zoë");
    assert.equal(request.headers.get("authorization"), undefined);
    assert.ok(Object.isFrozen(caller) && Object.isFrozen(caller?.claims) && Object.isFrozen(caller?.scopes));
    assert.equal(Object.getPrototypeOf(caller?.claims), null);
  }
  assert.equal(server.requests.length, 1);
});

test("forwardToken leaves the token where it stands", async () => {
  const { policy } = createPolicy({ forwardToken: true });
  const { x } = await bear(policy, TOKEN);
  assert.equal(x.request.headers.get("authorization"), `Bearer ${TOKEN}`);
});

test("the server is asked as RFC 7662 says, by a client that names itself in the header", async () => {
  const { policy, server } = createPolicy({ clientId: "a gateway:ü", clientSecret: "p%:+ß" });
  await bear(policy, "a+b/c~d==");
  const [{ method, url, headers, body, maxRedirects, timeoutMs, maxBytes } = assert.fail()] = server.requests;
  assert.deepEqual([method, url, maxRedirects, timeoutMs], ["POST", URL_OF_SERVER, undefined, 3000]);
  assert.ok(maxBytes <= 65_536);
  assert.equal(body, "token=a%2Bb%2Fc%7Ed%3D%3D&token_type_hint=access_token");
  assert.deepEqual(headers, {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    authorization: `Basic ${btoa("a+gateway%3A%C3%BC:p%25%3A%2B%C3%9F")}`,
  });
});

test("or in the body", async () => {
  const { policy, server } = createPolicy({ clientAuthentication: "post", clientId: "a&b" });
  await bear(policy, TOKEN);
  const form = new URLSearchParams(server.requests[0]!.body);
  assert.deepEqual(Object.fromEntries(form), {
    token: TOKEN,
    token_type_hint: "access_token",
    client_id: "a&b",
    client_secret: SECRET,
  });
  assert.equal(server.requests[0]!.headers?.["authorization"], undefined);
});

const unasked: readonly (readonly [what: string, headers: Record<string, string>, code: string])[] = [
  ["nothing", {}, "introspection.missing"],
  ["another scheme", { authorization: "Basic YTpi" }, "introspection.missing"],
  ["the scheme alone", { authorization: "Bearer" }, "introspection.missing"],
  ["an empty token", { authorization: "Bearer " }, "introspection.malformed"],
  ["two blanks", { authorization: `Bearer  ${TOKEN}` }, "introspection.malformed"],
  ["a blank behind it", { authorization: `Bearer ${TOKEN} ` }, "introspection.malformed"],
  ["two tokens in one", { authorization: `Bearer ${TOKEN},${TOKEN}` }, "introspection.malformed"],
  ["an ampersand", { authorization: `Bearer ${TOKEN}&client_id=x` }, "introspection.malformed"],
  ["an equals sign in the middle", { authorization: "Bearer a=b" }, "introspection.malformed"],
  ["bytes beyond ASCII", { authorization: "Bearer \xff" }, "introspection.malformed"],
  ["NUL", { authorization: "Bearer a\0" }, "introspection.malformed"],
  ["one byte too much", { authorization: `Bearer ${"a".repeat(8193)}` }, "introspection.malformed"],
];
for (const [what, headers, code] of unasked) {
  test(`${what} is refused, and nobody is asked (${code})`, async () => {
    const { policy, server } = createPolicy();
    const outcome = await request(policy, headers);
    assert.deepEqual([outcome.code, outcome.reply?.status, outcome.synchronous], [code, 401, true]);
    const error = code.endsWith("missing") ? "" : ', error="invalid_token", error_description=".+"';
    assert.match(outcome.reply!.headers![1]!, new RegExp(`^Bearer realm="portcullis"${error}$`));
    assert.equal(server.requests.length, 0);
    assert.equal(outcome.x.caller, undefined);
  });
}

test("the longest token, the scheme in any case, and what is shaped like a JWT are asked for", async () => {
  const { policy, server } = createPolicy();
  for (const value of [`Bearer ${"a".repeat(8192)}`, `bEARER ${TOKEN}`, "Bearer eyJhbGciOiJub25lIn0.e30."])
    assert.equal((await request(policy, { authorization: value })).code, "");
  assert.equal(server.requests.length, 3);
});

test("two Authorization fields are ambiguous, whatever stands in them", async () => {
  const { policy, server } = createPolicy();
  for (const second of [`Bearer ${TOKEN}`, "Basic YTpi", ""]) {
    const x = testExchange({ headers: { authorization: `Bearer ${TOKEN}` } });
    x.request.headers.append("authorization", second);
    const { code, reply } = await ask(policy, x);
    assert.deepEqual([code, reply?.status], ["introspection.ambiguous", 400]);
    assert.match(reply!.headers![1]!, /error="invalid_request"/);
  }
  assert.equal(server.requests.length, 0);
});

test("a Bearer token is its credential, good or bad, and nothing else is", () => {
  const { policy } = createPolicy();
  for (const [value, borne] of [
    [`Bearer ${TOKEN}`, true],
    ["bearer ", true],
    ["Bearer", false],
    ["Bearers a", false],
    ["Basic YTpi", false],
  ] as const)
    assert.equal(policy.bears(testExchange({ headers: { authorization: value } })), borne, value);
  assert.equal(policy.bears(testExchange({ headers: { "x-authorization": "Bearer a" } })), false);
});

test("with optional nobody may pass, and a bad token may not", async () => {
  const { policy, server } = createPolicy({ optional: true });
  const nobody = await request(policy, {});
  assert.deepEqual([nobody.code, nobody.x.caller], ["", undefined]);
  server.body = { active: false };
  assert.equal((await bear(policy, TOKEN)).code, "introspection.inactive");
  server.failure = "unreachable";
  assert.equal((await bear(policy, "other")).code, "introspection.unavailable");
});

test("a verdict is remembered for ttl, counted from the question, and a revoked token passes no longer", async () => {
  const { policy, server, host } = createPolicy({ cache: { ttl: "30s" } });
  server.isSlow = true;
  const first = bear(policy, TOKEN);
  host.clock.advance(2000);
  server.release();
  assert.equal((await first).code, "");
  server.body = { active: false };
  host.clock.advance(27_999);
  assert.equal((await bear(policy, TOKEN)).code, "");
  host.clock.advance(1);
  const revoked = await bear(policy, TOKEN);
  assert.deepEqual([revoked.code, revoked.reply?.status], ["introspection.inactive", 401]);
  assert.match(revoked.reply!.headers![1]!, /error="invalid_token"/);
  assert.equal(server.requests.length, 2);
});

for (const [ttl, forMs] of [
  ["1h", 10_000],
  ["60s", 10_000],
  ["5s", 5000],
] as const) {
  test(`with a ttl of ${ttl} it is remembered for ${forMs} ms that a token does not pass`, async () => {
    const { policy, server, host } = createPolicy({ cache: { ttl } });
    server.body = { active: false };
    assert.equal((await bear(policy, TOKEN)).code, "introspection.inactive");
    server.body = { active: true, sub: "alice" };
    host.clock.advance(forMs - 1);
    const again = await bear(policy, TOKEN);
    assert.deepEqual([again.code, again.synchronous], ["introspection.inactive", true]);
    host.clock.advance(1);
    assert.equal((await bear(policy, TOKEN)).code, "");
    assert.equal(server.requests.length, 2);
  });
}

test("with a ttl of 0s nothing is remembered", async () => {
  const { policy, server } = createPolicy({ cache: { ttl: "0s" } });
  for (const active of [true, false, true]) {
    server.body = { active, sub: "alice" };
    assert.equal((await bear(policy, TOKEN)).code, active ? "" : "introspection.inactive");
  }
  assert.equal(server.requests.length, 3);
});

test("a verdict never outlives exp", async () => {
  const { policy, server, host } = createPolicy({ cache: { ttl: "1h" } });
  server.body = { active: true, sub: "alice", exp: host.clock.wall() / 1000 + 10 };
  assert.equal((await bear(policy, TOKEN)).code, "");
  host.clock.advance(9999);
  assert.equal((await bear(policy, TOKEN)).code, "");
  host.clock.advance(1);
  const late = await bear(policy, TOKEN);
  assert.deepEqual([late.code, late.x.caller], ["introspection.expired", undefined]);
});

test("a flood of tokens that do not pass evicts none that does", async () => {
  const { policy, server } = createPolicy({ cache: { entries: 2 } });
  await bear(policy, TOKEN);
  server.body = { active: false };
  for (let i = 0; i < 2500; i++) await bear(policy, `bad${i}`);
  const asked = server.requests.length;
  assert.equal((await bear(policy, TOKEN)).code, "");
  assert.equal(server.requests.length, asked);
});

test("requests that bear one token at a time ask once, and share what is said", async () => {
  for (const [body, code] of [
    [{ active: true, sub: "alice" }, ""],
    [{ active: false }, "introspection.inactive"],
    ["nonsense", "introspection.unavailable"],
  ] as const) {
    const { policy, server } = createPolicy();
    server.body = body;
    server.isSlow = true;
    const outcomes = Array.from({ length: 50 }, () => bear(policy, TOKEN));
    await settle();
    assert.equal(server.requests.length, 1);
    server.release();
    for (const outcome of outcomes) assert.equal((await outcome).code, code);
    // And it is over: who comes then does not wait for what there was.
    server.body = { active: true, sub: "bob" };
    const later = await bear(policy, code === "" ? "other" : `${TOKEN}2`);
    assert.equal(later.x.caller?.id, "bob");
  }
});

test("a few are asked for at a time, four times as many wait, and others are refused at once", async () => {
  const { policy, server } = createPolicy({ atOnce: 2 });
  server.isSlow = true;
  const outcomes = Array.from({ length: 10 }, (_, i) => bear(policy, `t${i}`));
  await settle();
  assert.equal(server.requests.length, 2);
  const more = await bear(policy, "t10");
  assert.deepEqual([more.code, more.synchronous], ["introspection.unavailable", true]);
  assert.equal((await bear(policy, "t10")).reply?.status, 503);
  server.release();
  for (const outcome of outcomes) assert.equal((await outcome).code, "");
  assert.equal(server.requests.length, 10);
  assert.equal((await bear(policy, "t10")).code, "");
});

test("while the server is silent, those who have waited are not made to wait again", async () => {
  const { policy, server, host } = createPolicy({ atOnce: 1 });
  server.isSlow = true;
  const outcomes = Array.from({ length: 5 }, (_, i) => bear(policy, `t${i}`));
  await settle();
  server.failure = "timeout";
  host.clock.advance(3000);
  server.release();
  for (const outcome of outcomes) assert.equal((await outcome).code, "introspection.unavailable");
  assert.equal(server.requests.length, 1);
  server.failure = undefined;
  assert.equal((await bear(policy, "t0")).code, "", "who comes then asks anew");
});

test("what the server fails at is logged once a minute, without the token and the secret", async () => {
  const { policy, server, host } = createPolicy();
  server.status = 401;
  server.body = { error: TOKEN, secret: SECRET };
  for (let i = 0; i < 20; i++) await bear(policy, TOKEN);
  assert.equal(host.log.lines.length, 1);
  host.clock.advance(60_000);
  await bear(policy, TOKEN);
  assert.equal(host.log.lines.length, 2);
  assert.deepEqual(
    host.log.lines.map(({ fields }) => (fields as { times: number }).times),
    [1, 20],
  );
  const [{ level, fields } = assert.fail()] = host.log.lines;
  assert.equal(level, "warn");
  assert.equal((fields as { server: string }).server, "https://id.example.com");
  const { err } = fields as { err: Error };
  assert.match(err.message, /credentials are refused \(401\)/);
  assert.ok(!`${err.stack}${JSON.stringify(fields)}`.includes(TOKEN));
  assert.ok(!`${err.stack}${JSON.stringify(fields)}`.includes(SECRET));
});

test("a fault of the gateway's own is no answer of the server's", async () => {
  const { policy, host, server } = createPolicy();
  server.send = () => Promise.reject(new TypeError("a fault"));
  await assert.rejects(bear(policy, TOKEN), /a fault/);
  assert.equal(host.log.lines.length, 0);
});

const unusable: readonly (readonly [what: string, config: object, path: readonly string[]])[] = [
  ["http elsewhere", { url: "http://id.example.com/" }, ["url"]],
  ["another scheme", { url: "ftp://127.0.0.1/" }, ["url"]],
  ["no URL", { url: "id.example.com" }, ["url"]],
  ["credentials in the URL", { url: "https://a:b@id.example.com/" }, ["url"]],
  ["a fragment", { url: "https://id.example.com/#a" }, ["url"]],
  ["one header for two", { claimsToHeaders: { sub: "x-a", iss: "x-a" } }, ["claimsToHeaders", "iss"]],
];
for (const [what, config, path] of unusable) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createPolicy(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, path);
        assert.ok(!error.message.includes(SECRET));
        return true;
      },
    );
  });
}

test("http to this machine is taken, for development and for an agent beside the gateway", () => {
  for (const host of ["127.0.0.1:8080", "[::1]", "localhost"])
    createPolicy({ url: `http://${host}/introspect` });
});

const wrong: readonly (readonly [what: string, config: object])[] = [
  ["no secret", { clientSecret: undefined }],
  ["no name", { clientId: "" }],
  ["an authentication that there is not", { clientAuthentication: "none" }],
  ["an id that there is not", { id: "email" }],
  ["a ttl of more than an hour", { cache: { ttl: "61m" } }],
  ["nobody at a time", { atOnce: 0 }],
  ["a header that is not free", { claimsToHeaders: { sub: "authorization" } }],
  ["an option that nobody knows", { introspectionUrl: "https://a/" }],
];
for (const [what, config] of wrong) {
  test(`the schema refuses ${what}`, () => {
    const given = { url: URL_OF_SERVER, clientId: "a", clientSecret: "b" };
    assert.ok(introspectionConfig.safeParse(given).success);
    assert.ok(!introspectionConfig.safeParse({ ...given, ...config }).success);
  });
}

test("clients cannot set what services are told", () => {
  const config = introspectionConfig.parse({
    url: URL_OF_SERVER,
    clientId: "a",
    clientSecret: "b",
    claimsToHeaders: { sub: "x-user-id" },
  });
  assert.deepEqual(introspectionPolicy.facts!(config, testAround()).identityHeaders, ["x-user-id"]);
});
