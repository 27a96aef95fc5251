import assert from "node:assert/strict";
import { test } from "node:test";
import { testExchange } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { bear, CLAIMS, createPolicy, HEADER, NOW, request, sign } from "./testing.ts";
import { jwtPolicy } from "./policy.ts";
import { jwtConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

const toHeaders = { claimsToHeaders: { sub: "x-user-id", role: "x-user-role" } };

test("a valid token passes: the caller is known and the service is told", async () => {
  const { policy } = createPolicy(toHeaders);
  const { x, reply } = await bear(policy, sign({ ...CLAIMS, scope: "read write" }));
  assert.equal(reply, undefined);
  assert.equal(x.caller?.kind, "jwt");
  assert.equal(x.caller.id, "1");
  assert.deepEqual(x.caller.scopes, ["read", "write"]);
  assert.equal(x.caller.claims["role"], "admin");
  assert.equal(Object.getPrototypeOf(x.caller.claims), null);
  assert.deepEqual(x.forwardHeaders, ["x-user-id", "1", "x-user-role", "admin"]);
});

const missing = [
  ["no Authorization", {}],
  ["Basic", { authorization: "Basic dXNlcjpwYXNz" }],
  ["the scheme alone", { authorization: "Bearer" }],
  ["the token alone", { authorization: sign() }],
  ["a scheme that begins like it", { authorization: `BearerToken ${sign()}` }],
  ["a tab behind the scheme", { authorization: `Bearer\t${sign()}` }],
  ["the token in another header", { "x-authorization": `Bearer ${sign()}` }],
] as const;

for (const [what, headers] of missing) {
  test(`${what}: 401 with a bare challenge`, async () => {
    const { policy } = createPolicy();
    const { reply, code, synchronous } = await request(policy, headers);
    assert.equal(code, "jwt.missing");
    assert.equal(reply?.status, 401);
    assert.equal(reply.refusal?.kind.title, "Missing Bearer token");
    assert.deepEqual(reply.headers, ["www-authenticate", 'Bearer realm="portcullis"']);
    assert.ok(synchronous);
  });
}

test("a token in the query is not taken", async () => {
  const { policy } = createPolicy();
  const outcome = await identify(policy, testExchange({ target: `/?access_token=${sign()}` }));
  assert.equal(outcome?.refusal?.kind.code, "jwt.missing");
});

for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"]) {
  test(`the scheme may be written ${scheme}`, async () => {
    const { policy } = createPolicy();
    assert.equal((await request(policy, { authorization: `${scheme} ${sign()}` })).code, "");
  });
}

test("two Authorization headers are refused, even if they are the same", async () => {
  const { policy } = createPolicy();
  for (const second of [`Bearer ${sign()}`, "Basic dXNlcjpwYXNz"]) {
    const x = testExchange({ headers: { authorization: `Bearer ${sign()}` } });
    x.request.headers.append("authorization", second);
    const reply = await identify(policy, x);
    assert.equal(reply?.status, 400);
    assert.equal(reply.refusal?.kind.code, "jwt.ambiguous");
    assert.match(reply.headers?.[1] ?? "", /^Bearer realm="portcullis", error="invalid_request"/);
  }
});

test("the length of a token is bounded, exactly", async () => {
  const { policy } = createPolicy();
  const bare = sign({ ...CLAIMS, a: "" }).length;
  // Three bytes of payload are four characters.
  const padded = (length: number): string =>
    sign({ ...CLAIMS, a: "x".repeat(Math.floor(((length - bare) * 3) / 4)) });
  let longest = padded(8192);
  while (longest.length > 8192) longest = padded(longest.length - 1);
  assert.ok(longest.length > 8188 && longest.length <= 8192, String(longest.length));
  assert.equal((await bear(policy, longest)).code, "");
  assert.equal((await bear(policy, "x".repeat(8193))).code, "jwt.malformed");
});

const types = [undefined, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"];
for (const typ of types) {
  test(`typ may be ${typ ?? "absent"}`, async () => {
    const { policy } = createPolicy();
    assert.equal((await bear(policy, sign(CLAIMS, { alg: "HS256", typ }))).code, "");
  });
}

test("kid, jku, x5u, x5c and jwk change nothing for a good token", async () => {
  const { policy } = createPolicy();
  const header = {
    ...HEADER,
    kid: "a",
    jku: "https://a.example",
    x5u: "https://a.example",
    x5c: [],
    jwk: {},
  };
  assert.equal((await bear(policy, sign(CLAIMS, header))).code, "");
});

test("services are told of what the token has, and of nothing when the request is refused", async () => {
  const { policy } = createPolicy(toHeaders);
  for (const [authorization, told] of [
    ["", undefined],
    ["Bearer nonsense", undefined],
    [`Bearer ${sign({ sub: "1", exp: NOW + 60 })}`, ["x-user-id", "1"]],
  ] as const) {
    const { x } = await request(policy, { authorization, accept: "*/*" });
    assert.deepEqual(x.forwardHeaders, told);
    assert.equal(x.request.headers.get("accept"), "*/*");
  }
});

test("the kind names its identity headers", () => {
  const config = jwtConfig.parse({ algorithms: ["HS256"], ...toHeaders });
  assert.deepEqual(jwtPolicy.facts!(config, testAround()).identityHeaders, ["x-user-id", "x-user-role"]);
});

test("the token is passed on only where the config says so", async () => {
  for (const forwardToken of [false, true]) {
    const { policy } = createPolicy({ forwardToken });
    for (const time of ["first", "remembered"]) {
      const { x } = await bear(policy, sign());
      assert.equal(x.request.headers.has("authorization"), forwardToken, time);
    }
  }
});

test("issuer and audience may be one or several", async () => {
  const { policy } = createPolicy({ issuer: ["a", "b"], audience: ["api", "web"] });
  for (const iss of ["a", "b"]) {
    for (const aud of ["api", ["other", "web"]]) {
      assert.equal((await bear(policy, sign({ ...CLAIMS, iss, aud }))).code, "");
    }
  }
});

test("a token for an audience says so where the gateway has no name of its own", async () => {
  const { policy } = createPolicy();
  const { code, reply } = await bear(policy, sign({ ...CLAIMS, aud: "api", cnf: null }));
  assert.equal(code, "jwt.audience");
  assert.match(reply!.refusal!.detail!, /no name of this API is configured here/);
});

test("the body of a refusal may say which claim, the challenge does not", async () => {
  const { policy } = createPolicy({ requiredClaims: ["tenant"], realm: "shop" });
  const { reply } = await bear(policy, sign());
  assert.equal(reply?.refusal?.detail, "The token lacks the claim tenant.");
  assert.equal(
    reply.headers?.[1],
    'Bearer realm="shop", error="invalid_token", error_description="The token lacks a claim that is required here."',
  );
});

const scopes = [
  [{}, []],
  [{ scope: "" }, []],
  [{ scope: "a  b" }, ["a", "b"]],
  [{ scope: ["a", "b"] }, ["a", "b"]],
  [{ scp: "a b" }, ["a", "b"]],
  [{ scp: ["a"] }, ["a"]],
] as const;

for (const [claims, expected] of scopes) {
  test(`scopes of ${JSON.stringify(claims)}`, async () => {
    const { policy } = createPolicy();
    assert.deepEqual((await bear(policy, sign({ ...CLAIMS, ...claims }))).x.caller?.scopes, expected);
  });
}

test("what another policy tells the service stands beside it", async () => {
  const { policy } = createPolicy(toHeaders);
  const x = testExchange({ headers: { authorization: `Bearer ${sign()}` } });
  x.forwardHeader("x-other", "1");
  assert.equal(await identify(policy, x), undefined);
  assert.deepEqual(x.forwardHeaders, ["x-other", "1", "x-user-id", "1", "x-user-role", "admin"]);
});
