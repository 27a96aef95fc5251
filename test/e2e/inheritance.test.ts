/** What routes have from the groups around them, and which of it they lay down. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { ConfigError, createGateway, type ConfigInput, type Gateway } from "../../src/index.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };
const perHour = (limit: number, name: string) => ({ limit, window: "1h", name });
const ok = { handler: { respond: { body: "ok" } } } as const;

function gatewayOf(config: Omit<ConfigInput, "log">): Gateway {
  return createGateway({ ...config, log: { level: "silent" } });
}

async function ask(gateway: Gateway, url: string, init?: RequestInit): Promise<Response> {
  const response = await gateway.inject(new Request(`http://a${url}`, init));
  await response.arrayBuffer();
  return response;
}

const nested = {
  policies: { cors: {}, rateLimit: perHour(1000, "all") },
  routes: [
    { path: "/open", ...ok },
    { path: "/unlimited", ...ok, policies: { rateLimit: false, cors: false } },
    {
      prefix: "/api",
      policies: { jwt, rateLimit: perHour(3, "api") },
      routes: [
        { path: "/closed", ...ok },
        { path: "/free", ...ok, policies: { jwt: false } },
        {
          prefix: "/v1",
          policies: { jwt: false },
          routes: [
            { path: "/free", ...ok },
            { path: "/closed", ...ok, policies: { jwt } },
            { path: "/own", ...ok, policies: { rateLimit: perHour(7, "own") } },
          ],
        },
      ],
    },
  ],
} satisfies ConfigInput;

/** Of each path: its status without a token, and the limit that it tells of. */
const inherited: readonly (readonly [path: string, status: number, limit: string | null])[] = [
  ["/open", 200, "1000"],
  ["/unlimited", 200, null],
  ["/api/closed", 401, "3"],
  ["/api/free", 200, "3"],
  ["/api/v1/free", 200, "3"],
  ["/api/v1/closed", 401, "3"],
  ["/api/v1/own", 200, "7"],
  ["/api/nowhere", 401, "3"],
  ["/api/v1/nowhere", 404, "3"],
  ["/nowhere", 404, "1000"],
];
for (const [path, status, limit] of inherited) {
  test(`${path} without a token is a ${status}, ${limit === null ? "not limited" : `limited to ${limit} an hour`}`, async () => {
    const gateway = gatewayOf(nested);
    const { status: got, headers } = await ask(gateway, path, { headers: { origin: "http://b" } });
    assert.equal(got, status);
    assert.equal(headers.get("x-ratelimit-limit"), limit);
    assert.equal(headers.get("access-control-allow-origin"), path === "/unlimited" ? null : "*");
    await gateway.close();
  });
}

test("routes of a group, and of groups in it, share its bucket, unknown paths too", async () => {
  const gateway = gatewayOf(nested);
  const remaining: (string | null)[] = [];
  for (const [path, method] of [
    ["/api/free", "GET"],
    ["/api/v1/free", "GET"],
    ["/api/v1/nowhere", "GET"],
  ] as const) {
    remaining.push((await ask(gateway, path, { method })).headers.get("x-ratelimit-remaining"));
  }
  assert.deepEqual(remaining, ["2", "1", "0"]);
  assert.equal((await ask(gateway, "/api/closed")).status, 429);
  // A bucket of its own, and that of everything else, are not touched.
  assert.equal((await ask(gateway, "/api/v1/own")).headers.get("x-ratelimit-remaining"), "6");
  assert.equal((await ask(gateway, "/open")).headers.get("x-ratelimit-remaining"), "999");
  await gateway.close();
});

test("a host is inherited, and another one replaces it", async () => {
  const gateway = gatewayOf({
    routes: [
      {
        prefix: "/g",
        host: "one.example",
        routes: [
          { path: "/a", ...ok },
          { path: "/b", host: ["two.example", "*.three.example"], ...ok },
          { prefix: "/h", host: "four.example", routes: [{ path: "/c", ...ok }] },
        ],
      },
    ],
  });
  const status = async (url: string): Promise<number> => {
    const response = await gateway.inject(new Request(`http://${url}`));
    await response.arrayBuffer();
    return response.status;
  };
  const asked: readonly (readonly [url: string, status: number])[] = [
    ["one.example/g/a", 200],
    ["ONE.example:8080/g/a", 200],
    ["two.example/g/a", 404],
    ["two.example/g/b", 200],
    ["x.three.example/g/b", 200],
    ["x.y.three.example/g/b", 404],
    ["one.example/g/b", 404],
    ["four.example/g/h/c", 200],
    ["one.example/g/h/c", 404],
  ];
  for (const [url, expected] of asked) assert.equal(await status(url), expected, url);
  await gateway.close();
});

test("a route's own limit of the body holds instead of the gateway's, larger or smaller, to the byte", async () => {
  const reads = { handler: { fetch: async (request: Request) => new Response(await request.text()) } };
  const gateway = gatewayOf({
    limits: { body: "100b" },
    routes: [
      { path: "/gateway", ...reads },
      { path: "/smaller", ...reads, limits: { body: "10b" } },
      { path: "/larger", ...reads, limits: { body: "1kb" } },
      { path: "/none", ...reads, limits: { body: "0b" } },
    ],
  });
  for (const [path, bytes] of [
    ["/gateway", 100],
    ["/smaller", 10],
    ["/larger", 1024],
    ["/none", 0],
  ] as const) {
    const post = (length: number) => ask(gateway, path, { method: "POST", body: "x".repeat(length) });
    assert.equal((await post(bytes)).status, 200, `${path} takes ${bytes} bytes`);
    assert.equal((await post(bytes + 1)).status, 413, `${path} takes no more`);
  }
  await gateway.close();
});

test("an app in the shape of Hono's answers a whole subtree behind the group's policies", async () => {
  // What such apps are given to mount: one bound function that looks at the URL itself.
  const app = {
    fetch: async (request: Request): Promise<Response> => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname !== "/app/echo") return Response.json({ error: "not here" }, { status: 404 });
      const body = request.method === "POST" ? await request.json() : searchParams.get("say");
      return Response.json({ body, user: request.headers.get("x-user-id") });
    },
  };
  const gateway = gatewayOf({
    policies: { cors: {} },
    routes: [
      {
        prefix: "/app",
        policies: { rateLimit: perHour(10, "app") },
        routes: [{ path: "/*", handler: { fetch: app.fetch } }],
      },
    ],
  });
  const read = async (path: string, init?: RequestInit) => {
    const response = await gateway.inject(new Request(`http://a${path}`, init));
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const got = await read("/app/echo?say=hello", { headers: { origin: "http://b" } });
  assert.deepEqual([got.status, got.body], [200, { body: "hello", user: null }]);
  assert.equal(got.headers.get("access-control-allow-origin"), "*");
  assert.equal(got.headers.get("x-ratelimit-remaining"), "9");
  const posted = await read("/app/echo", { method: "POST", body: '{"n":1}' });
  assert.deepEqual(posted.body, { body: { n: 1 }, user: null });
  assert.equal((await read("/app/elsewhere")).status, 404);
  await gateway.close();
});

const byCaller = { limit: 2, window: "1h", key: "caller" } as const;

function tokenOf(sub: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
}

test("a limit by caller counts each caller behind authentication, and one by address also those who fail it", async () => {
  const gateway = gatewayOf({
    policies: { jwt, rateLimit: [{ ...byCaller, name: "caller" }, perHour(8, "address")] },
    routes: [{ path: "/a", ...ok }],
  });
  const statusOf = async (token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await ask(gateway, "/a", { headers })).status;
  };
  const [alice, bob] = [await tokenOf("alice"), await tokenOf("bob")];
  const statuses: number[] = [];
  for (const token of [alice, alice, alice, bob, undefined, "x", bob, undefined, alice, bob])
    statuses.push(await statusOf(token));
  // Four passed, three failed to authenticate: of ten requests, seven count by address.
  assert.deepEqual(statuses, [200, 200, 429, 200, 401, 401, 200, 401, 429, 429]);
  const limited = await ask(gateway, "/a", { headers: { authorization: `Bearer ${alice}` } });
  assert.match(limited.headers.get("ratelimit") ?? "", /^"address";r=1;t=\d+, "caller";r=0;t=\d+$/);
  assert.equal((await ask(gateway, "/nowhere")).status, 401);
  await gateway.close();
});

test("a limit by caller where nobody asks who is calling is a mistake, told once with its place", () => {
  const config = {
    policies: { rateLimit: byCaller },
    routes: [
      { path: "/a", ...ok },
      { path: "/b", ...ok },
      { path: "/c", ...ok, policies: { jwt } },
    ],
  };
  assert.throws(
    () => gatewayOf(config),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.issues.map(({ path, message }) => ({ path, message })),
        [
          {
            path: ["policies", "rateLimit", "key"],
            message: "rateLimit asks who is calling, and no policy of the route * /a establishes that",
          },
        ],
      );
      return true;
    },
  );
});
