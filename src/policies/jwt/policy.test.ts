import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Hmac } from "node:crypto";
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

/** Counts how often a signature is checked; tokens of one's own are made before. */
function countChecks(): { readonly count: () => number; readonly stop: () => void } {
  const digest = mock.method(Hmac.prototype, "digest");
  return { count: () => digest.mock.callCount(), stop: () => digest.mock.restore() };
}

test("a good token is verified once, and admitted without waiting", async () => {
  const token = sign();
  const checks = countChecks();
  const { policy } = createPolicy(toHeaders);
  const outcomes = [];
  for (let i = 0; i < 4; i += 1) outcomes.push(await bear(policy, token));
  assert.ok(outcomes.every((outcome) => outcome.synchronous && outcome.code === ""));
  for (const { x } of outcomes) {
    assert.deepEqual(x.forwardHeaders, ["x-user-id", "1", "x-user-role", "admin"]);
    assert.equal(x.caller?.id, "1");
  }
  assert.equal(checks.count(), 1);
  checks.stop();
});

test("requests with one token at the same time cost one verification", async () => {
  const token = sign();
  const forged = sign(CLAIMS, HEADER, "x");
  const checks = countChecks();
  const { policy } = createPolicy();
  const good = await Promise.all(Array.from({ length: 20 }, () => bear(policy, token)));
  assert.ok(good.every((outcome) => outcome.code === "" && outcome.x.caller?.id === "1"));
  assert.equal(checks.count(), 1);
  const bad = await Promise.all(Array.from({ length: 20 }, () => bear(policy, forged)));
  assert.ok(bad.every((outcome) => outcome.code === "jwt.signature"));
  assert.equal(checks.count(), 2);
  checks.stop();
});

test("a bad verdict is remembered for a moment only, for it may have a passing reason", async () => {
  const token = sign();
  const { policy, clock } = createPolicy();
  const digest = mock.method(Hmac.prototype, "digest", () => {
    throw new Error("out of memory");
  });
  assert.equal((await bear(policy, token)).code, "jwt.signature");
  digest.mock.restore();
  clock.advance(9_999);
  assert.equal((await bear(policy, token)).code, "jwt.signature");
  clock.advance(1);
  assert.equal((await bear(policy, token)).code, "");
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
      const checks = countChecks();
      for (const [seconds, code] of steps) {
        if (!remembered) ({ policy, clock } = createPolicy({ clockTolerance }));
        clock.advance(seconds * 1000 - clock.now());
        const outcome = await bear(policy, token);
        assert.equal(outcome.code, code, `after ${seconds}s`);
        passed += 1;
        assert.equal(checks.count(), remembered ? 1 : passed);
      }
      checks.stop();
    });
  }
}

test("no more good tokens are remembered than configured", async () => {
  for (const entries of [4, 16, 100]) {
    const { policy } = createPolicy({ cache: { entries } });
    const tokens = Array.from({ length: 250 }, (_, i) => sign({ ...CLAIMS, sub: String(i) }));
    // Twice, for some are also remembered by their own text then.
    for (const token of tokens)
      for (const time of [1, 2]) assert.equal((await bear(policy, token)).code, "", `${time}`);
    const checks = countChecks();
    let remembered = 0;
    for (const token of tokens.toReversed()) {
      const before = checks.count();
      await bear(policy, token);
      if (checks.count() === before) remembered += 1;
    }
    checks.stop();
    assert.ok(remembered >= entries / 4 && remembered <= entries, `${remembered} of ${entries}`);
  }
});

test("a flood of bad tokens evicts no good one", async () => {
  const { policy } = createPolicy({ cache: { entries: 2 } });
  const token = sign();
  const flood = Array.from({ length: 50 }, (_, i) => sign({ ...CLAIMS, sub: String(i) }, HEADER, "x"));
  await bear(policy, token);
  for (const forged of flood) await bear(policy, forged);
  const checks = countChecks();
  assert.equal((await bear(policy, token)).code, "");
  assert.equal(checks.count(), 0);
  checks.stop();
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

test("what another policy tells the service stands beside it", async () => {
  const { policy } = createPolicy(toHeaders);
  const x = testExchange({ headers: { authorization: `Bearer ${sign()}` } });
  x.forwardHeader("x-other", "1");
  assert.equal(await policy.request!(x), undefined);
  assert.deepEqual(x.forwardHeaders, ["x-other", "1", "x-user-id", "1", "x-user-role", "admin"]);
});
