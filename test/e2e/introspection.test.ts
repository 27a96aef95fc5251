/** Opaque tokens through a whole gateway, with an authorization server on a real socket. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { ConfigError, createGateway, type ConfigInput } from "../../src/index.ts";

const SECRET = "the gateway's secret";

async function startServer(t: TestContext) {
  const state = { asked: 0, redirects: false, isActive: true };
  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    state.asked += 1;
    const form = new URLSearchParams(body);
    if (state.redirects) {
      response.writeHead(307, { location: "/elsewhere" }).end();
      return;
    }
    const credentials = atob(request.headers.authorization?.replace("Basic ", "") ?? "");
    if (credentials !== "gateway:the+gateway%27s+secret") {
      response.writeHead(401).end("{}");
      return;
    }
    const active = state.isActive && form.get("token") === "good";
    response.end(JSON.stringify(active ? { active, sub: "ann", scope: "read" } : { active }));
  };
  const server = createServer((request, response) => {
    text(request).then(
      (body) => answer(request, response, body),
      (error: unknown) => response.destroy(error as Error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect` };
}

function startGateway(t: TestContext, introspection: object, routes: object = {}) {
  const config = {
    log: { level: "silent" },
    drain: "1s",
    routes: [
      {
        path: "/*",
        handler: { fetch: (request: Request) => Response.json(Object.fromEntries(request.headers)) },
        policies: {
          introspection: {
            clientId: "gateway",
            clientSecret: SECRET,
            claimsToHeaders: { sub: "x-user-id" },
            ...introspection,
          },
          allow: { scopes: "read" },
        },
        ...routes,
      },
    ],
  };
  const gateway = createGateway(config as unknown as ConfigInput);
  t.after(() => gateway.close());
  return async (headers: Record<string, string>) => {
    const response = await gateway.inject(
      new Request("http://a/", { headers: { "x-user-id": "root", ...headers } }),
    );
    const body = (await response.json()) as Record<string, string>;
    assert.ok(!JSON.stringify(body).includes(SECRET));
    return { status: response.status, code: body["code"], headers: response.headers, body };
  };
}

test("a token that is active passes, once asked for, and the service hears who is calling", async (t) => {
  const { state, url } = await startServer(t);
  const ask = startGateway(t, { url });
  for (let i = 0; i < 3; i++) {
    const { status, body } = await ask({ authorization: "Bearer good" });
    assert.deepEqual([status, body["x-user-id"], body["authorization"]], [200, "ann", undefined]);
  }
  assert.equal(state.asked, 1);
  const bad = await ask({ authorization: "Bearer bad" });
  assert.deepEqual([bad.status, bad.code], [401, "introspection.inactive"]);
  assert.match(
    bad.headers.get("www-authenticate") ?? "",
    /^Bearer realm="portcullis", error="invalid_token"/,
  );
  const nobody = await ask({});
  assert.deepEqual([nobody.status, nobody.code], [401, "introspection.missing"]);
});

test("a token that is revoked does not pass once its verdict is over", async (t) => {
  const { state, url } = await startServer(t);
  const ask = startGateway(t, { url, cache: { ttl: "0s" } });
  assert.equal((await ask({ authorization: "Bearer good" })).status, 200);
  state.isActive = false;
  assert.equal((await ask({ authorization: "Bearer good" })).code, "introspection.inactive");
});

test("a redirect is not followed, and wrong credentials let nobody pass", async (t) => {
  const { state, url } = await startServer(t);
  state.redirects = true;
  const redirected = await startGateway(t, { url })({ authorization: "Bearer good" });
  assert.deepEqual([redirected.status, redirected.code], [503, "introspection.unavailable"]);
  assert.equal(redirected.headers.get("retry-after"), "1");
  assert.equal(state.asked, 1);
  state.redirects = false;
  const refused = await startGateway(t, { url, clientId: "other" })({ authorization: "Bearer good" });
  assert.equal(refused.code, "introspection.unavailable");
});

test("a server that is away is 503", async (t) => {
  const ask = startGateway(t, { url: "http://127.0.0.1:1/" });
  assert.equal((await ask({ authorization: "Bearer good" })).code, "introspection.unavailable");
});

const jwt = { secret: "a secret that is long enough for HMAC with SHA-256", algorithms: ["HS256" as const] };
const introspection = { url: "https://id.example.com/introspect", clientId: "gateway", clientSecret: SECRET };
const basic = {
  users: [
    {
      name: "alice",
      passwordHash:
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0b2hhdmU$ZkKCxXmbbTcJDLO7lA0pVZVCHHGM8gZd2qAxcXFHxmA",
    },
  ],
};
const together: readonly (readonly [what: string, config: ConfigInput, refused: boolean])[] = [
  [
    "both on a route",
    { routes: [{ path: "/", handler: "respond", policies: { jwt, introspection } }] },
    true,
  ],
  [
    "one of a group, one of a route",
    { policies: { jwt }, routes: [{ path: "/", handler: "respond", policies: { introspection } }] },
    true,
  ],
  [
    "one in place of the other",
    {
      policies: { jwt },
      routes: [{ path: "/", handler: "respond", policies: { introspection, jwt: false } }],
    },
    false,
  ],
  [
    "a jwt of cookies beside it",
    {
      policies: { jwt: { ...jwt, from: { header: false, cookie: "session" } }, introspection },
      routes: [{ path: "/", handler: "respond" }],
    },
    false,
  ],
  [
    "basic beside it",
    { policies: { basic, introspection }, routes: [{ path: "/", handler: "respond" }] },
    false,
  ],
];
for (const [what, config, refused] of together) {
  test(`jwt and introspection, ${what}: ${refused ? "refused" : "loads"}`, async () => {
    if (!refused) {
      await createGateway({ ...config, log: { level: "silent" } }).close();
      return;
    }
    assert.throws(
      () => createGateway({ ...config, log: { level: "silent" } }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /jwt and introspection both take Bearer credentials/);
        assert.equal(error.issues.length, 1);
        assert.match(error.issues[0]!.hint ?? "", /jwt: false beside introspection/);
        return true;
      },
    );
  });
}
