import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS } from "../core/exchange.ts";
import { Router } from "./router.ts";
import { ask, entryOf } from "./testing.ts";
import type { Listed, Request } from "./testing.ts";

/** The value; params; `405 value: allow`; `404` or `404 value`. */
type Expected = string | readonly [value: string, params: Readonly<Record<string, string>>];

function shown(router: Router<string>, request: Request): Expected {
  const match = ask(router, request);
  if (match.kind === "notFound") return match.value === undefined ? "404" : `404 ${match.value}`;
  const value = match.kind === "found" ? match.value : `405 ${match.value}: ${match.allow.join(",")}`;
  if (match.params === NO_PARAMS) return value;
  assert.equal(Object.getPrototypeOf(match.params), null);
  return [value, { ...match.params }];
}

const cases: readonly {
  name: string;
  /** The order of the list decides something, as it only does where two are equally specific. */
  ordered?: boolean;
  routes: readonly Listed[];
  requests: readonly (readonly [Request, Expected])[];
}[] = [
  {
    name: "literals are exact: case, trailing slash, root",
    routes: ["GET /", "GET /users", "GET /files/"],
    requests: [
      ["GET /", "GET /"],
      ["GET /users", "GET /users"],
      ["GET /Users", "404"],
      ["GET /users/", "404"],
      ["GET /files", "404"],
      ["GET /files/", "GET /files/"],
      ["GET /use", "404"],
      ["GET /userss", "404"],
      ["OPTIONS *", "404"],
    ],
  },
  {
    name: "a parameter is one whole segment that is not empty, decoded",
    routes: ["GET /users/{id}", "GET /users/{id}/orders/{order}"],
    requests: [
      ["GET /users/1", ["GET /users/{id}", { id: "1" }]],
      ["GET /users/a%20b%C3%A9%2B+", ["GET /users/{id}", { id: "a bé++" }]],
      ["GET /users/%25FF", ["GET /users/{id}", { id: "%FF" }]],
      ["GET /users/", "404"],
      ["GET /users", "404"],
      ["GET /users/1/", "404"],
      ["GET /users/1/orders/2", ["GET /users/{id}/orders/{order}", { id: "1", order: "2" }]],
    ],
  },
  {
    name: "parameters may have the names of Object's members",
    routes: ["GET /{constructor}/{toString}"],
    requests: [["GET /a/b", ["GET /{constructor}/{toString}", { constructor: "a", toString: "b" }]]],
  },
  {
    name: "a trailing * takes the path itself, with or without slash, and all below",
    routes: ["GET /files/*", "GET /x/{id}/*"],
    requests: [
      ["GET /files", ["GET /files/*", { "*": "" }]],
      ["GET /files/", ["GET /files/*", { "*": "" }]],
      ["GET /files/a", ["GET /files/*", { "*": "a" }]],
      ["GET /files/a/b%20c/", ["GET /files/*", { "*": "a/b c/" }]],
      ["GET /filesystem", "404"],
      ["GET /x/1", ["GET /x/{id}/*", { id: "1", "*": "" }]],
      ["GET /x/1/", ["GET /x/{id}/*", { id: "1", "*": "" }]],
      ["GET /x/1/2/3", ["GET /x/{id}/*", { id: "1", "*": "2/3" }]],
      ["GET /x/", "404"],
    ],
  },
  {
    name: "/* takes every path, and not the target *",
    routes: ["ANY /*"],
    requests: [
      ["GET /", ["ANY /*", { "*": "" }]],
      ["GET /a/b", ["ANY /*", { "*": "a/b" }]],
      ["OPTIONS *", "404"],
    ],
  },
  {
    name: "literal before parameter before *, from the left",
    routes: ["GET /*", "GET /a/*", "GET /{x}/b", "GET /a/{y}", "GET /a/b", "GET /a"],
    requests: [
      ["GET /a/b", "GET /a/b"],
      ["GET /a/c", ["GET /a/{y}", { y: "c" }]],
      ["GET /a/c/d", ["GET /a/*", { "*": "c/d" }]],
      ["GET /a/", ["GET /a/*", { "*": "" }]],
      ["GET /a", "GET /a"],
      ["GET /b/b", ["GET /{x}/b", { x: "b" }]],
      ["GET /b/c", ["GET /*", { "*": "b/c" }]],
    ],
  },
  {
    name: "a literal that leads nowhere is taken back",
    routes: ["GET /a/b/d", "GET /a/{x}/c", "GET /{p}/{q}/{r}/e", "GET /a/b/c/f"],
    requests: [
      ["GET /a/b/d", "GET /a/b/d"],
      ["GET /a/b/c", ["GET /a/{x}/c", { x: "b" }]],
      ["GET /a/b/c/e", ["GET /{p}/{q}/{r}/e", { p: "a", q: "b", r: "c" }]],
      ["GET /a/b/c/f", "GET /a/b/c/f"],
      ["GET /a/b/c/g", "404"],
    ],
  },
  {
    ordered: true,
    name: "methods: given before any, HEAD falls to GET, names of parameters are each route's own",
    routes: ["GET /a", "ANY /a", "HEAD /b", "GET /b", "ANY /c", "GET /d/{x}", "POST,PUT /d/{y}"],
    requests: [
      ["GET /a", "GET /a"],
      ["HEAD /a", "GET /a"],
      ["POST /a", "ANY /a"],
      ["OPTIONS /a", "ANY /a"],
      ["HEAD /b", "HEAD /b"],
      ["HEAD /c", "ANY /c"],
      ["HEAD /d/1", ["GET /d/{x}", { x: "1" }]],
      ["PUT /d/1", ["POST,PUT /d/{y}", { y: "1" }]],
      ["get /d/1", ["405 GET /d/{x}: GET,HEAD,OPTIONS,POST,PUT", { x: "1" }]],
    ],
  },
  {
    name: "the path is more specific than the method",
    routes: ["ANY /a/b", "GET /a/{x}", "GET /c/d", "HEAD /c/{x}"],
    requests: [
      ["GET /a/b", "ANY /a/b"],
      ["HEAD /c/d", "GET /c/d"],
    ],
  },
  {
    name: "where the most specific path has other methods, the next is asked",
    routes: ["POST /users/search", "GET /users/{id}", "DELETE /*"],
    requests: [
      ["GET /users/search", ["GET /users/{id}", { id: "search" }]],
      ["DELETE /users/search", ["DELETE /*", { "*": "users/search" }]],
      ["PUT /users/search", "405 POST /users/search: DELETE,GET,HEAD,OPTIONS,POST"],
      ["PUT /users/1", ["405 GET /users/{id}: DELETE,GET,HEAD,OPTIONS", { id: "1" }]],
    ],
  },
  {
    name: "405 and OPTIONS",
    ordered: true,
    routes: ["GET /a", "POST /a", "DELETE /b", "OPTIONS /c", "GET /c", "HEAD /d", "prefix /", "prefix /b"],
    requests: [
      ["PUT /a", "405 GET /a: GET,HEAD,OPTIONS,POST"],
      ["OPTIONS /a", "405 GET /a: GET,HEAD,OPTIONS,POST"],
      ["GET /b", "405 DELETE /b: DELETE,OPTIONS"],
      ["HEAD /b", "405 DELETE /b: DELETE,OPTIONS"],
      ["OPTIONS /c", "OPTIONS /c"],
      ["GET /d", "405 HEAD /d: HEAD,OPTIONS"],
    ],
  },
  {
    name: "hosts: exact before one-label wildcard before any, with any port, and with the dot of an absolute name",
    routes: [
      "GET /a",
      "GET /b",
      ["GET /a", { hosts: ["*.example.com"] }],
      ["GET /a", { hosts: ["api.example.com", "[::1]"] }],
      ["GET /{x}", { hosts: ["api.example.com"] }],
      ["POST /c", { hosts: ["api.example.com"] }],
      ["GET /c", { hosts: ["*.example.com"] }],
    ],
    requests: [
      ["GET api.example.com/a", "GET /a at api.example.com,[::1]"],
      ["GET api.example.com:8443/a", "GET /a at api.example.com,[::1]"],
      ["GET api.example.com.:8443/a", "GET /a at api.example.com,[::1]"],
      ["GET [::1]/a", "GET /a at api.example.com,[::1]"],
      ["GET [::1]:80/a", "GET /a at api.example.com,[::1]"],
      ["GET shop.example.com/a", "GET /a at *.example.com"],
      ["GET a.b.example.com/a", "GET /a"],
      ["GET example.com/a", "GET /a"],
      ["GET .example.com/a", "GET /a"],
      ["GET xapi.example.com.evil.test/a", "GET /a"],
      ["GET /a", "GET /a"],
      ["GET api.example.com/b", ["GET /{x} at api.example.com", { x: "b" }]],
      ["GET shop.example.com/b", "GET /b"],
      ["PUT api.example.com/c", "405 POST /c at api.example.com: GET,HEAD,OPTIONS,POST"],
      ["GET www.example.com/none", "404"],
    ],
  },
  {
    name: "conditions: all must hold, more come first, and without them the rest is asked",
    routes: [
      ["GET /a", { value: "0" }],
      ["GET /a", { value: "1", headers: { "x-tenant": "a" } }],
      ["GET /a", { value: "2", headers: { "x-tenant": "a" }, query: { v: "2" } }],
      ["ANY /a", { value: "3", headers: { "x-tenant": true } }],
      ["ANY /a", { value: "5", headers: { "x-tenant": "b", "x-other": true } }],
      ["GET /a", { value: "6", headers: { "x-tenant": "b" } }],
      ["GET /{x}", { value: "4", query: { v: "2", w: true, z: true } }],
    ],
    requests: [
      ["GET /a", "0"],
      [["GET /a", { "x-tenant": "a" }], "1"],
      [["GET /a?v=2", { "x-tenant": "a" }], "2"],
      [["GET /a?v=1&v=2", { "x-tenant": "a" }], "2"],
      [["GET /a?%76=%32", { "x-tenant": "a" }], "2"],
      [["GET /a?v=3", { "x-tenant": "a" }], "1"],
      [["GET /a", { "x-tenant": "A" }], "3"],
      [["POST /a", { "x-tenant": "a" }], "3"],
      [["POST /a", { "x-tenant": "" }], "3"],
      [["GET /a", { "x-tenant": "b", "x-other": "" }], "5"],
      [["GET /a", { "x-tenant": "b" }], "6"],
      ["POST /a", "405 0: GET,HEAD,OPTIONS"],
      ["GET /a?v=2", "0"],
      ["GET /b?v=2&w&z=", ["4", { x: "b" }]],
      ["GET /b?v=2&w", "404"],
      ["POST /b?v=2&w&z", ["405 4: GET,HEAD,OPTIONS", { x: "b" }]],
      ["POST /b", "404"],
    ],
  },
  {
    ordered: true,
    name: "of different conditions, equal in number, a given method decides, then the list",
    routes: [
      ["ANY /a", { headers: { one: true } }],
      ["GET /a", { headers: { two: true } }],
      ["HEAD /a", { headers: { three: true } }],
      ["GET /a", { headers: { four: true } }],
    ],
    requests: [
      [["POST /a", { one: "", two: "" }], "ANY /a"],
      [["GET /a", { one: "", two: "" }], "GET /a"],
      [["HEAD /a", { one: "", two: "", three: "" }], "HEAD /a"],
      [["HEAD /a", { one: "", four: "" }], "GET /a"],
      [["PUT /a", { two: "", three: "" }], "405 GET /a: GET,HEAD,OPTIONS"],
    ],
  },
  {
    name: "fallbacks never come before a route or a 405",
    routes: ["prefix /", "prefix /api/v1", "GET /api/v1/users", "GET /*", "POST /api/{x}"],
    requests: [
      ["GET /none", ["GET /*", { "*": "none" }]],
      ["GET /api/v1/none", ["GET /*", { "*": "api/v1/none" }]],
      ["POST /api/v1/users", "405 GET /api/v1/users: GET,HEAD,OPTIONS"],
      ["POST /api/v1", ["POST /api/{x}", { x: "v1" }]],
    ],
  },
  {
    name: "fallbacks: the deepest, at and below its prefix",
    routes: [
      "prefix /",
      "prefix /api/v1",
      "prefix /api/v1/deep/er",
      "prefix /api/{version}/admin/",
      "prefix /open/*",
      "GET /api/v1/users",
      ["prefix /api", { hosts: ["a.test"] }],
      ["prefix /api/v1", { value: "of a second group", headers: { never: "sent" } }],
    ],
    requests: [
      ["GET /", "404 prefix /"],
      ["GET /api", "404 prefix /"],
      ["GET /api/v1", "404 prefix /api/v1"],
      ["GET /api/v1/", "404 prefix /api/v1"],
      ["GET /api/v1/users/1", "404 prefix /api/v1"],
      ["GET /api/v1/deep/er/still", "404 prefix /api/v1/deep/er"],
      ["GET /api/v1/deep", "404 prefix /api/v1"],
      ["GET /api/v12", "404 prefix /"],
      ["GET /api/v2/admin", "404 prefix /api/{version}/admin/"],
      ["GET /api/v2/admin/x", "404 prefix /api/{version}/admin/"],
      ["GET /open", "404 prefix /open/*"],
      ["GET /open/x", "404 prefix /open/*"],
      ["GET a.test/api/v1/x", "404 prefix /api at a.test"],
      ["GET a.test/other", "404 prefix /"],
      ["GET *", "404"],
    ],
  },
  {
    name: "of several fallbacks for one prefix, the first",
    ordered: true,
    routes: ["prefix /a", ["prefix /a", { value: "second" }]],
    requests: [["GET /a/b", "404 prefix /a"]],
  },
  { name: "no entries at all", routes: [], requests: [["GET /a/b", "404"]] },
];

for (const { name, ordered, routes, requests } of cases) {
  void test(`router: ${name}`, () => {
    for (const listed of ordered === true ? [routes] : [routes, routes.toReversed()]) {
      const router = new Router(listed.map(entryOf));
      for (const [request, expected] of requests) {
        assert.deepEqual(shown(router, request), expected, JSON.stringify(request));
      }
    }
  });
}

void test("router: a match without parameters is made once", () => {
  const router = new Router(["GET /a"].map(entryOf));
  assert.equal(ask(router, "GET /a"), ask(router, "HEAD /a"));
});
