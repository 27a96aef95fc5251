/** Which path a service gets, and what is answered where no route leads to one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage, type Stage } from "./harness.ts";

const JWT = { secret: "a".repeat(32), algorithms: ["HS256" as const] };

const paths: readonly { name: string; routes: object[]; asked: string; got: string }[] = [
  {
    name: "a prefix is stripped",
    routes: [{ prefix: "/api/v1", stripPrefix: true, routes: [{ path: "/users/*", service: "backend" }] }],
    asked: "/api/v1/users/7?x=1",
    got: "/users/7?x=1",
  },
  {
    name: "a prefix with nothing behind it",
    routes: [{ prefix: "/api", stripPrefix: true, routes: [{ path: "/", service: "backend" }] }],
    asked: "/api/?",
    got: "/?",
  },
  {
    name: "prefixes of groups in groups",
    routes: [
      {
        prefix: "/a",
        stripPrefix: true,
        routes: [{ prefix: "/b", routes: [{ path: "/c", service: "backend" }] }],
      },
    ],
    asked: "/a/b/c",
    got: "/c",
  },
  {
    name: "a prefix that is written otherwise than it is asked",
    routes: [{ prefix: "/café", stripPrefix: true, routes: [{ path: "/*", service: "backend" }] }],
    asked: "/caf%c3%a9/menu",
    got: "/menu",
  },
  {
    name: "a prefix with escapes that need not be",
    routes: [{ prefix: "/%7Euser", stripPrefix: true, routes: [{ path: "/*", service: "backend" }] }],
    asked: "/~user/menu",
    got: "/menu",
  },
  {
    name: "a rewrite with parameters",
    routes: [{ path: "/u/{id}/f/*", service: "backend", rewrite: "/files/{id}/*" }],
    asked: "/u/a%20b/f/x/y%3Fz?q=1",
    got: "/files/a%20b/x/y%3Fz?q=1",
  },
  {
    name: "a parameter that holds everything that would have a meaning",
    routes: [{ path: "/u/{id}", service: "backend", rewrite: "/x/{id}/y" }],
    asked: "/u/%3F%23%25%C3%A9%26",
    got: "/x/%3F%23%25%C3%A9%26/y",
  },
  {
    name: "an encoded slash, where the route takes it",
    routes: [{ path: "/pkg/{name}", service: "backend", encodedSlashes: true }],
    asked: "/pkg/@scope%2fname?a=%2f",
    got: "/pkg/@scope%2Fname?a=%2f",
  },
  {
    name: "an encoded slash in a rewrite",
    routes: [{ path: "/pkg/{name}", service: "backend", encodedSlashes: true, rewrite: "/{name}/latest" }],
    asked: "/pkg/a%2Fb",
    got: "/a%2Fb/latest",
  },
  {
    name: "an encoded slash below a stripped prefix",
    routes: [
      {
        prefix: "/pkg",
        stripPrefix: true,
        routes: [{ path: "/*", service: "backend", encodedSlashes: true }],
      },
    ],
    asked: "/pkg/a%2Fb/c",
    got: "/a%2Fb/c",
  },
];
for (const { name, routes, asked, got } of paths) {
  test(`${name}: ${asked} becomes ${got}`, async (t) => {
    let line = "";
    const backend = await service(t, (request, peer) => {
      ({ line } = request);
      peer.write(OK);
    });
    const gateway = await stage(t, {
      services: { backend: { targets: [backend.url] } },
      routes: routes as never,
    });
    assert.match((await gateway.get(asked)).line, /200/);
    assert.equal(line, `GET ${got} HTTP/1.1`);
  });
}

for (const escape of [
  "%ff",
  "%c0%af",
  "%ed%a0%80",
  "%",
  "%2",
  "%2f",
  "%00",
  "..",
  "%2e%2e",
  "a//b",
  "a;b",
  "a\\b",
]) {
  test(`the path /u/${escape} is refused, and not by accident`, async (t) => {
    const gateway = await stage(t, {
      routes: [{ path: "/u/{id}", handler: { respond: { body: "ok" } } }],
    });
    const message = await gateway.get(`/u/${escape}`);
    assert.match(message.line, /400/);
    assert.equal(JSON.parse(message.body).code, "http.ambiguous_path");
  });
}

for (const [path, status] of [
  ["/pkg/a%2Fb", 200],
  ["/pkg/a/b", 404],
  ["/other/a%2Fb", 400],
  ["/nowhere%2Fa/b", 400],
  // A service that decodes it would serve what the token guards.
  ["/pkg/private%2Fa", 400],
  ["/pkg/private/a", 401],
] as const) {
  test(`where one route takes encoded slashes, ${path} is ${status}`, async (t) => {
    const handler = { respond: { body: "ok" } };
    const gateway = await stage(t, {
      routes: [
        { path: "/pkg/{name}", handler, encodedSlashes: true },
        { prefix: "/pkg/private", policies: { jwt: JWT }, routes: [{ path: "/*", handler }] },
        { path: "/other/{name}", handler },
      ],
    });
    assert.match((await gateway.get(path)).line, new RegExp(`^HTTP/1.1 ${status} `));
  });
}

// Of services that take one path for another, by case or by a slash at the end.
const LIMITED = { policies: { rateLimit: { limit: 100, window: "1m" } } } as const;
for (const [path, status] of [
  ["/admin", 401],
  ["/admin/users", 401],
  ["/Admin", 400],
  ["/ADMIN/users", 400],
  ["/%61DMIN", 400],
  ["/administrators", 200],
  ["/ADMIN/public", 200],
  ["/reports", 401],
  ["/reports/", 400],
  ["/REPORTS/", 400],
  ["/reports/7", 200],
  ["/CAFÉ/menu".replace("É", "%C3%89"), 400],
  // The Kelvin sign, which is k in lower case.
  ["/%E2%84%AAitchen", 400],
  ["/kitchen", 401],
  ["/users/7", 200],
  ["/users/7/", 200],
  ["/users/me", 401],
  ["/users/Me", 400],
  ["/packages/a%2Fb", 200],
  ["/packages/PRIVATE%2Fb", 400],
  ["/packages/one/keys", 401],
  ["/packages/One%2Fkeys", 400],
  // All three together: another case, an encoded slash, and one at the end.
  ["/packages/One%2Fkeys%2F", 400],
  ["/elsewhere/Admin", 200],
  ["/elsewhere", 401],
  ["/Elsewhere", 200],
  ["/Twin", 401],
  ["/twin", 200],
  ["/TWIN", 400],
] as const) {
  test(`beside a catch-all of the same service, ${path} is ${status}`, async (t) => {
    const backend = await service(t, (_request, peer) => peer.write(OK));
    const other = await service(t, (_request, peer) => peer.write(OK));
    const guarded = { policies: { jwt: JWT } };
    const gateway = await stage(t, {
      services: { backend: { targets: [backend.url] }, other: { targets: [other.url] } },
      policies: {},
      routes: [
        { path: "/*", service: "backend" },
        { path: "/Admin/Public", service: "backend" },
        { path: "/admin/*", service: "backend", ...guarded },
        { path: "/reports", service: "backend", ...guarded },
        { path: "/café/menu", service: "backend", ...guarded },
        { path: "/kitchen", service: "backend", ...guarded },
        { path: "/users/{id}", service: "backend", ...LIMITED },
        { path: "/users/{id}/", service: "backend" },
        { path: "/users/me", service: "backend", ...guarded },
        { path: "/packages/{name}", service: "backend", encodedSlashes: true },
        { path: "/packages/Private/*", service: "backend", ...guarded },
        { path: "/packages/one/keys", service: "backend", ...guarded },
        { path: "/elsewhere", service: "other", ...guarded },
        { path: "/Twin", service: "backend", ...guarded },
        { path: "/twin", service: "backend" },
      ],
    });
    const message = await gateway.get(path);
    assert.match(message.line, new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 400) assert.equal(JSON.parse(message.body).code, "http.ambiguous_path");
  });
}

async function shop(t: Parameters<typeof stage>[0]): Promise<Stage> {
  return stage(t, {
    policies: { cors: {} },
    routes: [
      { path: "/open", method: "GET", handler: { respond: { body: "open" } } },
      {
        prefix: "/api",
        policies: { jwt: JWT },
        routes: [{ path: "/users", method: ["GET", "POST"], handler: { respond: { body: "users" } } }],
      },
    ],
  });
}

test("an unknown path is a 404 with its code", async (t) => {
  const gateway = await shop(t);
  const message = await gateway.get("/nowhere", "origin: https://a.example\r\n");
  assert.match(message.line, /404/);
  assert.equal(JSON.parse(message.body).code, "route.not_found");
  assert.equal(message.headers.has("access-control-allow-origin"), true, "the root's policies are met");
});

test("an unknown path in a group meets the group's policies first", async (t) => {
  const gateway = await shop(t);
  for (const path of ["/api/nowhere", "/api", "/api/users/7"]) {
    assert.match((await gateway.get(path)).line, /401/, path);
  }
  assert.match((await gateway.get("/apis")).line, /404/);
});

test("a method that a path has not is a 405 with those it has; strangers do not learn them", async (t) => {
  const gateway = await shop(t);
  const message = await gateway.ask("DELETE /open HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.match(message.line, /405/);
  assert.equal(message.headers.get("allow"), "GET, HEAD, OPTIONS");
  assert.equal(JSON.parse(message.body).code, "route.method_not_allowed");
  const stranger = await gateway.ask("DELETE /api/users HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.match(stranger.line, /401/);
  assert.equal(stranger.headers.has("allow"), false);
});

test("HEAD and OPTIONS are answered where there is GET", async (t) => {
  const gateway = await shop(t);
  const head = await gateway.ask("HEAD /open HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.match(head.line, /200/);
  assert.equal(head.headers.get("content-length"), "4");
  const options = await gateway.ask("OPTIONS /open HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.match(options.line, /204/);
  assert.equal(options.headers.get("allow"), "GET, HEAD, OPTIONS");
  assert.match((await gateway.ask("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n")).line, /204/);
});

test("a request that has been here before is refused", async (t) => {
  const gateway = await shop(t);
  assert.match((await gateway.get("/open", "via: 1.1 other, 1.1 Portcullis (x)\r\n")).line, /508/);
  assert.match((await gateway.get("/open", "via: 1.1 portcullis-2\r\n")).line, /200/);
});
