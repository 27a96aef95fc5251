import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { subtle } from "node:crypto";
import { testExchange } from "../../testing/exchange.ts";
import { bear, CLAIMS, createPolicy, HEADER, NOW, request, sign } from "./testing.ts";
import { jwtPolicy } from "./policy.ts";
import { jwtConfig } from "./schema.ts";

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
  const outcome = await policy.request!(testExchange({ target: `/?access_token=${sign()}` }));
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
    const reply = await policy.request!(x);
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

test("identity headers of the client are deleted, also when the request is refused", async () => {
  const { policy } = createPolicy(toHeaders);
  const spoofed = { "x-user-id": "0", "x-user-role": "root", accept: "*/*" };
  for (const authorization of ["", "Bearer nonsense", `Bearer ${sign({ sub: "1", exp: NOW + 60 })}`]) {
    const { x } = await request(policy, { ...spoofed, authorization });
    assert.ok(!x.request.headers.has("x-user-id") && !x.request.headers.has("x-user-role"));
    assert.equal(x.request.headers.get("accept"), "*/*");
    // The token has no role: then the service hears of none.
    assert.ok(!(x.forwardHeaders ?? []).includes("x-user-role"));
  }
});

test("the kind names its identity headers", () => {
  const config = jwtConfig.parse({ algorithms: ["HS256"], ...toHeaders });
  assert.deepEqual(jwtPolicy.identityHeaders?.(config), ["x-user-id", "x-user-role"]);
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

test("a good token is verified once, then admitted without waiting", async () => {
  const verify = mock.method(subtle, "verify");
  const { policy } = createPolicy(toHeaders);
  const outcomes = [];
  for (let i = 0; i < 3; i += 1) outcomes.push(await bear(policy, sign()));
  assert.deepEqual(
    outcomes.map((outcome) => outcome.synchronous),
    [false, true, true],
  );
  assert.deepEqual(
    outcomes.map((outcome) => outcome.code),
    ["", "", ""],
  );
  assert.deepEqual(outcomes[2]?.x.forwardHeaders, ["x-user-id", "1", "x-user-role", "admin"]);
  assert.equal(verify.mock.callCount(), 1);
  verify.mock.restore();
});

test("requests with one token at the same time wait for one verification", async () => {
  const verify = mock.method(subtle, "verify");
  const { policy } = createPolicy();
  const good = await Promise.all(Array.from({ length: 20 }, () => bear(policy, sign())));
  assert.ok(good.every((outcome) => outcome.code === "" && outcome.x.caller?.id === "1"));
  assert.equal(verify.mock.callCount(), 1);
  const bad = await Promise.all(Array.from({ length: 20 }, () => bear(policy, sign(CLAIMS, HEADER, "x"))));
  assert.ok(bad.every((outcome) => outcome.code === "jwt.signature"));
  assert.equal(verify.mock.callCount(), 2);
  verify.mock.restore();
});

test("a bad verdict is remembered for a moment only, for it may have a passing reason", async () => {
  const { policy, clock } = createPolicy();
  const verify = mock.method(subtle, "verify", () => Promise.reject(new Error("out of memory")));
  assert.equal((await bear(policy, sign())).code, "jwt.signature");
  verify.mock.restore();
  clock.advance(9_999);
  assert.equal((await bear(policy, sign())).code, "jwt.signature");
  clock.advance(1);
  assert.equal((await bear(policy, sign())).code, "");
});

const times = [
  // [what, claims, tolerance, [seconds after the start, code]...]
  [
    "exp",
    { exp: NOW + 60 },
    "0s",
    [
      [0, ""],
      [59, ""],
      [59.999, ""],
      [60, "jwt.expired"],
      [61, "jwt.expired"],
    ],
  ],
  [
    "exp with tolerance",
    { exp: NOW + 60 },
    "30s",
    [
      [89, ""],
      [90, "jwt.expired"],
      [91, "jwt.expired"],
    ],
  ],
  [
    "exp with the most tolerance",
    { exp: NOW + 60 },
    "60s",
    [
      [119, ""],
      [120, "jwt.expired"],
      [121, "jwt.expired"],
    ],
  ],
  [
    "nbf",
    { nbf: NOW + 60 },
    "0s",
    [
      [59, "jwt.not_yet_valid"],
      [60, ""],
      [61, ""],
    ],
  ],
  [
    "nbf with tolerance",
    { nbf: NOW + 60 },
    "30s",
    [
      [29, "jwt.not_yet_valid"],
      [30, ""],
      [31, ""],
    ],
  ],
  [
    "iat a minute ahead",
    { iat: NOW + 61 },
    "0s",
    [
      [0, "jwt.not_yet_valid"],
      [1, ""],
    ],
  ],
  [
    "exp with a fraction",
    { exp: NOW + 0.5 },
    "0s",
    [
      [0.499, ""],
      [0.5, "jwt.expired"],
    ],
  ],
] as const;

for (const [what, claims, clockTolerance, steps] of times) {
  for (const remembered of [false, true]) {
    test(`${what} is exact, ${remembered ? "remembered" : "verified anew"}`, async () => {
      const token = sign({ ...CLAIMS, ...claims });
      let { policy, clock } = createPolicy({ clockTolerance });
      let passed = 0;
      for (const [seconds, code] of steps) {
        if (!remembered) ({ policy, clock } = createPolicy({ clockTolerance }));
        clock.advance(seconds * 1000 - clock.now());
        const outcome = await bear(policy, token);
        assert.equal(outcome.code, code, `after ${seconds}s`);
        assert.equal(outcome.synchronous, remembered && passed > 0);
        passed += 1;
      }
    });
  }
}

test("no more good tokens are remembered than configured", async () => {
  const { policy } = createPolicy({ cache: { entries: 4 } });
  const tokens = Array.from({ length: 10 }, (_, i) => sign({ ...CLAIMS, sub: String(i) }));
  for (const token of tokens) await bear(policy, token);
  let remembered = 0;
  for (const token of tokens.toReversed()) {
    const outcome = policy.request!(testExchange({ headers: { authorization: `Bearer ${token}` } }));
    if (outcome instanceof Promise) break;
    remembered += 1;
  }
  assert.ok(remembered >= 2 && remembered <= 4, String(remembered));
});

test("a flood of bad tokens evicts no good one", async () => {
  const { policy } = createPolicy({ cache: { entries: 2 } });
  await bear(policy, sign());
  for (let i = 0; i < 50; i += 1) await bear(policy, sign({ ...CLAIMS, sub: String(i) }, HEADER, "x"));
  assert.ok((await bear(policy, sign())).synchronous);
});

test("what is remembered of one token says nothing about another", async () => {
  const { policy } = createPolicy();
  const token = sign();
  await bear(policy, token);
  assert.equal((await bear(policy, `${token.slice(0, -5)}AAAAA`)).code === "", false);
  assert.equal((await bear(policy, `${token} `)).code, "jwt.malformed");
});

test("issuer and audience may be one or several", async () => {
  const { policy } = createPolicy({ issuer: ["a", "b"], audience: ["api", "web"] });
  for (const iss of ["a", "b"]) {
    for (const aud of ["api", ["other", "web"]]) {
      assert.equal((await bear(policy, sign({ ...CLAIMS, iss, aud }))).code, "");
    }
  }
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
