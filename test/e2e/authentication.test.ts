/** Keys, passwords and tokens through whole gateways: what passes, what services get, and what is refused together. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { ConfigError, createGateway, hashPassword, type ConfigInput, type Gateway } from "../../src/index.ts";
import { newKey, PEPPER } from "../../src/policies/api-key/testing.ts";
import { sign } from "../../src/policies/jwt/testing.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const { key, entry } = newKey({ owner: "machine", plan: "pro" });
const passwordHash = await hashPassword("correct horse");

const jwt = { secret: SECRET, algorithms: ["HS256" as const], claimsToHeaders: { sub: "x-user" } };
const apiKey = { pepper: PEPPER, keys: [entry], callerToHeaders: { id: "x-user", plan: "x-plan" } };
const basic = { users: [{ name: "alice", passwordHash }], callerToHeaders: { id: "x-user" } };
const toBoth = { sub: "x-user", role: "x-plan" };
/** Answers with what a service would get. */
const echo = {
  handler: {
    fetch: (request: Request) =>
      Response.json({
        url: request.url.replace(/^http:\/\/[^/]+/, ""),
        headers: Object.fromEntries(request.headers),
      }),
  },
} as const;

const config = {
  routes: [
    { path: "/all", ...echo, policies: { jwt, apiKey, basic } },
    { path: "/jwt", ...echo, policies: { jwt } },
    { path: "/key", ...echo, policies: { apiKey } },
    { path: "/basic", ...echo, policies: { basic } },
    { path: "/query", ...echo, policies: { apiKey: { ...apiKey, from: { query: "key" } }, basic } },
    { path: "/optional", ...echo, policies: { jwt: { ...jwt, optional: true, claimsToHeaders: toBoth } } },
    { path: "/free", ...echo },
  ],
} satisfies ConfigInput;

const seconds = Math.floor(Date.now() / 1000);
const token = `Bearer ${sign({ sub: "person", exp: seconds + 600 }, undefined, SECRET)}`;
const forged = `Bearer ${sign({ sub: "person", exp: seconds + 600 }, undefined, `${SECRET}!`)}`;
const password = `Basic ${btoa("alice:correct horse")}`;
const guess = `Basic ${btoa("alice:wrong")}`;
const spoofed = { "x-user": "root", "x-plan": "unlimited" };

interface Echo {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

function gatewayOf(policies: ConfigInput["policies"] = {}): Gateway {
  return createGateway({ ...config, policies, log: { level: "silent" } });
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly challenge: string | null;
  readonly retryAfter: string | null;
  /** What the service got, when the request passed. */
  readonly got: Echo | undefined;
}

async function ask(
  gateway: Gateway,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await gateway.inject(
    new Request(`http://a${url}`, { headers: { ...spoofed, ...headers } }),
  );
  const body = (await response.json()) as { code?: string } & Echo;
  for (const secret of [key, "correct horse", token.slice(7)])
    assert.ok(!JSON.stringify(body).includes(secret));
  return {
    status: response.status,
    code: body.code ?? "",
    challenge: response.headers.get("www-authenticate"),
    retryAfter: response.headers.get("retry-after"),
    got: response.ok ? body : undefined,
  };
}

const CHALLENGES = {
  jwt: 'Bearer realm="portcullis"',
  apiKey: 'ApiKey realm="portcullis", in="header", name="x-api-key"',
  basic: 'Basic realm="portcullis", charset="UTF-8"',
};

const passing: readonly (readonly [
  url: string,
  headers: Record<string, string>,
  user: string | undefined,
  plan?: string,
])[] = [
  ["/all", { authorization: token }, "person"],
  ["/all", { "x-api-key": key }, "machine", "pro"],
  ["/all", { authorization: password }, "alice"],
  // A scheme that nobody here knows is no credential.
  ["/all", { "x-api-key": key, authorization: "Negotiate abc" }, "machine", "pro"],
  ["/jwt", { authorization: token }, "person"],
  ["/key", { "x-api-key": key }, "machine", "pro"],
  ["/basic", { authorization: password }, "alice"],
  [`/query?a=1&key=${key}&b=2`, {}, "machine", "pro"],
  [`/query?k%65y=${key}`, {}, "machine", "pro"],
  ["/query?a=1", { authorization: password }, "alice"],
  // The token has no role: then the service hears of none.
  ["/optional", { authorization: token }, "person"],
  ["/optional", {}, undefined],
  ["/free", {}, undefined],
];
for (const [url, headers, user, plan] of passing) {
  const what = Object.entries(headers).map(([name, value]) => `${name}: ${value.slice(0, 9)}`);
  test(`${url.slice(0, 16)} passes with ${what.join(", ")}`, async () => {
    const gateway = gatewayOf();
    // Twice: also by what is remembered.
    for (let i = 0; i < 2; i++) {
      const { code, got } = await ask(gateway, url, headers);
      assert.equal(code, "");
      assert.equal(got?.headers["x-user"], user);
      assert.equal(got?.headers["x-plan"], plan);
      assert.equal(got?.headers["x-api-key"], undefined);
      if (url.startsWith("/query"))
        assert.equal(
          got?.url,
          url.includes("a=1&key") ? "/query?a=1&b=2" : url.includes("a=1") ? url : "/query",
        );
    }
    await gateway.close();
  });
}

const refused: readonly (readonly [
  url: string,
  headers: Record<string, string>,
  status: number,
  code: string,
  challenge: string | null,
])[] = [
  ["/all", {}, 401, "auth.missing", Object.values(CHALLENGES).join(", ")],
  ["/all", { authorization: "Negotiate abc" }, 401, "auth.missing", Object.values(CHALLENGES).join(", ")],
  ["/all", { "x-api-key": "" }, 401, "auth.missing", Object.values(CHALLENGES).join(", ")],
  ["/all", { "x-api-key": "nonsense" }, 401, "apiKey.malformed", CHALLENGES.apiKey],
  ["/all", { authorization: guess }, 401, "basic.wrong", CHALLENGES.basic],
  ["/all", { authorization: token, "x-api-key": key }, 400, "auth.ambiguous", null],
  ["/all", { authorization: guess, "x-api-key": key }, 400, "auth.ambiguous", null],
  ["/all", { authorization: password, "x-api-key": "nonsense" }, 400, "auth.ambiguous", null],
  [`/query?key=${key}`, { authorization: password }, 400, "auth.ambiguous", null],
  [
    "/query",
    { "x-api-key": key },
    401,
    "auth.missing",
    `${CHALLENGES.apiKey.replace(/in=.*/, 'in="query", name="key"')}, ${CHALLENGES.basic}`,
  ],
  ["/jwt", { "x-api-key": key }, 401, "jwt.missing", CHALLENGES.jwt],
  [
    "/optional",
    { authorization: "Bearer nonsense" },
    401,
    "jwt.malformed",
    `${CHALLENGES.jwt}, error="invalid_token", error_description="The token is not a well-formed signed JWT in compact form."`,
  ],
  ["/key", { authorization: token }, 401, "apiKey.missing", CHALLENGES.apiKey],
  ["/basic", { authorization: token }, 401, "basic.missing", CHALLENGES.basic],
];
for (const [url, headers, status, code, challenge] of refused) {
  const what = Object.entries(headers).map(([name, value]) => `${name}: ${value.slice(0, 9)}`);
  test(`${url.slice(0, 16)} with ${what.join(", ") || "nothing"} is ${status} ${code}`, async () => {
    const gateway = gatewayOf();
    const answer = await ask(gateway, url, headers);
    assert.deepEqual([answer.status, answer.code, answer.challenge], [status, code, challenge]);
    await gateway.close();
  });
}

test("a forged token on a route with several kinds is refused as one", async () => {
  const gateway = gatewayOf();
  const { status, code, challenge } = await ask(gateway, "/all", { authorization: forged });
  assert.deepEqual([status, code], [401, "jwt.signature"]);
  assert.match(challenge ?? "", /^Bearer realm="portcullis", error="invalid_token"/);
  await gateway.close();
});

test("failures of all kinds count together, and then none is looked at; what passes does not count", async () => {
  const gateway = gatewayOf({ authFailures: { limit: 4, window: "1h" } });
  for (let i = 0; i < 10; i++) assert.equal((await ask(gateway, "/all", { "x-api-key": key })).status, 200);
  for (let i = 0; i < 10; i++) assert.equal((await ask(gateway, "/all")).code, "auth.missing");
  for (const [url, headers, code] of [
    ["/all", { "x-api-key": "nonsense" }, "apiKey.malformed"],
    ["/jwt", { authorization: forged }, "jwt.signature"],
    ["/basic", { authorization: guess }, "basic.wrong"],
    ["/query?key=nonsense", {}, "apiKey.malformed"],
  ] as const) {
    assert.equal((await ask(gateway, url, headers)).code, code);
  }
  for (const [url, headers] of [
    ["/all", { "x-api-key": key }],
    ["/jwt", { authorization: token }],
    ["/basic", { authorization: password }],
  ] as const) {
    const { status, code, retryAfter } = await ask(gateway, url, headers);
    assert.deepEqual([status, code, retryAfter], [429, "authFailures.exceeded", "900"]);
  }
  assert.equal((await ask(gateway, "/free")).status, 200);
  assert.equal((await ask(gateway, "/all")).code, "auth.missing");
  await gateway.close();
});

test("a refused token counts wherever it stood, also where it was taken out", async () => {
  const places: readonly (readonly [url: string, headers: Record<string, string>])[] = [
    [`/a?token=${forged.slice(7)}`, {}],
    ["/a", { cookie: `a=b; session=${forged.slice(7)}` }],
    ["/a", { authorization: forged }],
  ];
  for (const [url, headers] of places) {
    const gateway = createGateway({
      log: { level: "silent" },
      policies: {
        authFailures: { limit: 2, window: "1h" },
        jwt: { ...jwt, from: { query: "token", cookie: "session" } },
      },
      routes: [{ path: "/a", ...echo }],
    });
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) codes.push((await ask(gateway, url, headers)).code);
    assert.deepEqual(codes, [
      "jwt.signature",
      "jwt.signature",
      "authFailures.exceeded",
      "authFailures.exceeded",
    ]);
    assert.equal((await ask(gateway, "/a")).code, "jwt.missing");
    await gateway.close();
  }
});

test("of several kinds on one route, one that cannot be made is told of like any other mistake", () => {
  const broken = { secret: "short", algorithms: ["HS256" as const] };
  assert.throws(
    () => gatewayOf({ jwt: broken, apiKey }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        [["policies", "jwt", "secret"]],
      );
      return true;
    },
  );
});

test("a route that asks for less than another is not the same to a service that reads paths more laxly", async () => {
  const gateway = createGateway({
    log: { level: "silent" },
    services: { backend: { targets: ["http://127.0.0.1:1"] } },
    routes: [
      { path: "/admin", service: "backend", policies: { jwt } },
      { path: "/*", service: "backend", policies: { jwt, apiKey } },
      { path: "/other", service: "backend", policies: { jwt, apiKey } },
    ],
  });
  assert.equal((await ask(gateway, "/Admin", { "x-api-key": key })).code, "http.ambiguous_path");
  // The same policies, shared by identity or not, are told apart by what they were made from.
  assert.equal((await ask(gateway, "/elsewhere", {})).code, "auth.missing");
  await gateway.close();
});

test("routes that inherit the same policies share what is made of them", async () => {
  const gateway = createGateway({
    log: { level: "silent" },
    policies: { jwt, apiKey },
    services: { backend: { targets: ["http://127.0.0.1:1"] } },
    routes: [
      { path: "/admin", service: "backend" },
      { path: "/*", service: "backend" },
    ],
  });
  assert.equal((await ask(gateway, "/Admin")).code, "auth.missing");
  await gateway.close();
});

test("a key whose HMAC was made without the pepper does not pass", async () => {
  const hash = `hmac-sha256:${createHmac("sha256", "").update(key).digest("base64url")}`;
  const gateway = createGateway({
    log: { level: "silent" },
    routes: [{ path: "/", ...echo, policies: { apiKey: { pepper: PEPPER, keys: [{ ...entry, hash }] } } }],
  });
  assert.equal((await ask(gateway, "/", { "x-api-key": key })).code, "apiKey.unknown");
  await gateway.close();
});
