import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { testExchange } from "../../testing/exchange.ts";
import { testAround } from "../../testing/around.ts";
import { redirectHandler } from "./handler.ts";
import { redirectConfig } from "./schema.ts";

const PATTERN = "/old/{id}/{other}/*";

function redirect(to: string, params: Record<string, string> = {}, target = "/", status?: number) {
  const config = redirectConfig.parse(status === undefined ? { to } : { to, status });
  const x = testExchange({ target });
  x.params = params;
  const reply = redirectHandler.create(config, testAround({ pattern: PATTERN })).handle(x);
  assert.ok(reply !== undefined && !(reply instanceof Promise));
  assert.equal(reply.body, undefined);
  assert.equal(reply.headers?.[0], "location");
  assert.equal(reply.headers.length, 2);
  return { status: reply.status, location: reply.headers[1] };
}

describe("redirect goes to", () => {
  const locations: [to: string, params: Record<string, string>, target: string, location: string][] = [
    ["/new", {}, "/", "/new"],
    ["https://example.com", {}, "/", "https://example.com"],
    ["/new/{id}", { id: "7" }, "/", "/new/7"],
    [
      "https://example.com/{id}/x-{other}?a={id}#top",
      { id: "7", other: "8" },
      "/?lost",
      "https://example.com/7/x-8?a=7#top",
    ],
    ["/new/*", { "*": "a/b c/d" }, "/", "/new/a/b%20c/d"],
    ["/new/*", { "*": "" }, "/", "/new/"],
    ["/new/*", { "*": "a/" }, "/", "/new/a/"],
    ["/new", {}, "/?a=%20b&c", "/new?a=%20b&c"],
    ["/new", {}, "/?", "/new?"],
    ["/new#top", {}, "/?a", "/new?a#top"],
    // Nothing that a client sends can leave its place.
    ["/new/{id}", { id: "a/b?c#d" }, "/", "/new/a%2Fb%3Fc%23d"],
    ["/{id}", { id: "/evil.test" }, "/", "/%2Fevil.test"],
    ["/{id}", { id: "\\evil.test" }, "/", "/%5Cevil.test"],
    ["/{id}/evil.test", { id: ".." }, "/", "/evil.test"],
    ["/{id}/{other}", { id: ".", other: "evil.test" }, "/", "/evil.test"],
    ["/*", { "*": "/evil.test" }, "/", "/evil.test"],
    ["/*", { "*": "//evil.test/" }, "/", "/evil.test/"],
    ["/a/*", { "*": "../../b/./c" }, "/", "/a/b/c"],
    ["/a/{id}", { id: "x\r\nset-cookie: a=b" }, "/", "/a/x%0D%0Aset-cookie%3A%20a%3Db"],
    ["/a/{id}", { id: "grün \ud800" }, "/", "/a/gr%C3%BCn%20%EF%BF%BD"],
    ["/a", {}, "/?x=\u00e9 y\n", "/a?x=%E9%20y%0A"],
  ];
  for (const [to, params, target, location] of locations) {
    test(`${to} with ${JSON.stringify(params)} and ${target}: ${location}`, () => {
      assert.deepEqual(redirect(to, params, target), { status: 302, location });
    });
  }

  test("with the status that is configured", () => assert.equal(redirect("/new", {}, "/", 308).status, 308));
});

describe("redirect refuses the config of", () => {
  const mistakes: [title: string, config: object][] = [
    ["nowhere", {}],
    ["a relative path", { to: "new" }],
    ["another host in disguise", { to: "//evil.test" }],
    ["a backslash", { to: "/\\evil.test" }],
    ["a script", { to: "javascript:alert(1)" }],
    ["a parameter in the host", { to: "https://{id}.example.com/" }],
    ["a parameter right behind the host", { to: "https://example.com{id}" }],
    ["a user in the host", { to: "https://example.com@evil.test/" }],
    ["a host that is none", { to: "https://exa mple/" }],
    ["a port that is none", { to: "https://example.com:99999/" }],
    ["a line break", { to: "/a\r\nset-cookie: a=b" }],
    ["a letter beyond ASCII", { to: "/grün" }],
    ["an open brace", { to: "/a/{id" }],
    ["an empty name", { to: "/a/{}" }],
    ["a parameter behind a #", { to: "/a#{id}" }],
    ["a status that is no redirect", { to: "/a", status: 304 }],
  ];
  for (const [title, config] of mistakes) {
    test(title, () => assert.ok(!redirectConfig.safeParse(config).success));
  }

  for (const [to, pattern] of [
    ["/new/{name}", "/old/{id}"],
    ["/new/*", "/old/{id}"],
    ["/new/{id}", "/old/*"],
  ] as const) {
    test(`${to} for a route with the path ${pattern}`, () => {
      assert.throws(
        () => redirectHandler.create(redirectConfig.parse({ to }), testAround({ pattern })),
        (error) => error instanceof ConfigMistake && error.path[0] === "to",
      );
    });
  }
});
