import assert from "node:assert/strict";
import { test } from "node:test";
import { testExchange } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { CLAIMS, createPolicy, HEADER, sign } from "./testing.ts";

const token = sign();
const bearer = { authorization: `Bearer ${token}` };
const escaped = `%65${token.slice(1)}`;
const cookie = { from: { cookie: "__Host-session" } };
const query = { from: { query: "access_token" } };
const all = { from: { cookie: "__Host-session", query: "access_token" } };

interface Case {
  readonly what: string;
  readonly config: Parameters<typeof createPolicy>[0];
  readonly headers?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly code?: string;
  /** What goes on, where the request passes. */
  readonly rest?: Readonly<Record<string, string>>;
  readonly restQuery?: string;
}

const cases: readonly Case[] = [
  { what: "the cookie alone", config: cookie, headers: { cookie: `__Host-session=${token}` }, rest: {} },
  {
    what: "the cookie among others",
    config: cookie,
    headers: { cookie: `a=1; __Host-session=${token}; b="2"` },
    rest: { cookie: 'a=1; b="2"' },
  },
  {
    what: "the cookie first and last, without blanks",
    config: cookie,
    headers: { cookie: `__Host-session=${token};b=2` },
    rest: { cookie: "b=2" },
  },
  {
    what: "the cookie with blanks that some services strip",
    config: cookie,
    headers: { cookie: `a=1; __Host-session = ${token} ` },
    rest: { cookie: "a=1" },
  },
  {
    what: "the cookie, forwarded where the config says so",
    config: { ...cookie, forwardToken: true },
    headers: { cookie: `a=1; __Host-session=${token}` },
    rest: { cookie: `a=1; __Host-session=${token}` },
  },
  {
    what: "Basic beside the cookie, which is no token",
    config: cookie,
    headers: { cookie: `__Host-session=${token}`, authorization: "Basic YTpi" },
    rest: {},
  },
  { what: "the header where a cookie may be, too", config: cookie, headers: bearer, rest: {} },
  {
    what: "the header beside other cookies",
    config: cookie,
    headers: { ...bearer, cookie: "a=1" },
    rest: { cookie: "a=1" },
  },
  {
    what: "the header beside the empty cookie of somebody who logged out",
    config: cookie,
    headers: { ...bearer, cookie: "__Host-session=; a=1" },
    rest: { cookie: "a=1" },
  },
  { what: "the parameter alone", config: query, target: `/?access_token=${token}`, restQuery: "" },
  {
    what: "the parameter among others, which stay byte for byte",
    config: query,
    target: `/?a=%20&access_token=${token}&b=+&&c`,
    restQuery: "?a=%20&b=+&&c",
  },
  {
    what: "the parameter with its name escaped",
    config: query,
    target: `/?access%5ftoken=${token}&a`,
    restQuery: "?a",
  },
  {
    what: "the parameter with its value escaped",
    config: query,
    target: `/?access_token=${escaped}`,
    restQuery: "",
  },
  {
    what: "the parameter, which is not forwarded even where tokens are",
    config: { ...query, forwardToken: true },
    target: `/?access_token=${token}&a=1`,
    restQuery: "?a=1",
  },
  {
    what: "the header beside an empty parameter",
    config: query,
    headers: bearer,
    target: "/?access_token=&a=1",
    restQuery: "?a=1",
  },
  {
    what: "the header beside a bare parameter",
    config: query,
    headers: bearer,
    target: "/?access_token",
    restQuery: "",
  },
  {
    what: "a bad escape elsewhere",
    config: query,
    headers: bearer,
    target: "/?%=1&a=%zz",
    restQuery: "?%=1&a=%zz",
  },
  { what: "no token where it is optional", config: { optional: true }, rest: {} },
  {
    what: "Basic where a token is optional",
    config: { optional: true },
    headers: { authorization: "Basic YTpi" },
    rest: { authorization: "Basic YTpi" },
  },
  { what: "a good token where it is optional", config: { optional: true }, headers: bearer, rest: {} },

  {
    what: "a bad token where it is optional",
    config: { optional: true },
    headers: { authorization: "Bearer x" },
    code: "malformed",
  },
  {
    what: "a token with a bad signature where it is optional",
    config: { optional: true },
    headers: { authorization: `Bearer ${sign(CLAIMS, HEADER, "x")}` },
    code: "signature",
  },
  {
    what: "a token that has expired where it is optional",
    config: { optional: true },
    headers: { authorization: `Bearer ${sign({ ...CLAIMS, exp: 1 })}` },
    code: "expired",
  },
  {
    what: "the cookie where it is not asked for",
    config: {},
    headers: { cookie: `token=${token}` },
    code: "missing",
  },
  {
    what: "the cookie of another name",
    config: cookie,
    headers: { cookie: `__host-session=${token}` },
    code: "missing",
  },
  {
    what: "the cookie in another's value",
    config: cookie,
    headers: { cookie: `a=__Host-session=${token}` },
    code: "missing",
  },
  {
    what: "the name in another's value",
    config: cookie,
    headers: { cookie: "a=__Host-session" },
    code: "missing",
  },
  {
    what: "the cookie without a value",
    config: cookie,
    headers: { cookie: "__Host-session" },
    code: "malformed",
  },
  {
    what: "the cookie in quotes",
    config: cookie,
    headers: { cookie: `__Host-session="${token}"` },
    code: "malformed",
  },
  {
    what: "a cookie that is no token",
    config: cookie,
    headers: { cookie: "__Host-session=1" },
    code: "malformed",
  },
  {
    what: "the parameter where it is not asked for",
    config: {},
    target: `/?access_token=${token}`,
    code: "missing",
  },
  {
    what: "the parameter in another's value",
    config: query,
    target: `/?a=access_token=${token}`,
    code: "missing",
  },
  {
    what: "the parameter of another case",
    config: query,
    target: `/?Access_Token=${token}`,
    code: "missing",
  },
  { what: "a parameter that is no token", config: query, target: "/?access_token=%zz", code: "malformed" },
  {
    what: "the header where it is off",
    config: { from: { header: false, cookie: "t" } },
    headers: bearer,
    code: "missing",
  },
  {
    what: "header and cookie",
    config: all,
    headers: { ...bearer, cookie: `__Host-session=${token}` },
    code: "ambiguous",
  },
  {
    what: "header and parameter",
    config: all,
    headers: bearer,
    target: `/?access_token=${token}`,
    code: "ambiguous",
  },
  {
    what: "cookie and parameter",
    config: all,
    headers: { cookie: `__Host-session=${token}` },
    target: `/?access_token=${token}`,
    code: "ambiguous",
  },
  {
    what: "the cookie twice",
    config: cookie,
    headers: { cookie: `__Host-session=${token}; __Host-session=${token}` },
    code: "ambiguous",
  },
  {
    what: "the cookie twice, once empty",
    config: cookie,
    headers: { cookie: `__Host-session=; __Host-session=${token}` },
    code: "ambiguous",
  },
  {
    what: "the parameter twice",
    config: query,
    target: `/?access_token=${token}&access_token=${token}`,
    code: "ambiguous",
  },
  {
    what: "the parameter twice, once escaped",
    config: query,
    target: `/?access_token=a&access%5Ftoken=${token}`,
    code: "ambiguous",
  },
  {
    what: "two tokens where one is optional",
    config: { ...all, optional: true },
    headers: bearer,
    target: "/?access_token=a",
    code: "ambiguous",
  },
];

for (const { what, config, headers = {}, target = "/", code = "", rest = headers, restQuery } of cases) {
  test(`${what}: ${code === "" ? "passes" : code}`, async () => {
    const { policy } = createPolicy(config);
    for (const time of ["first", "second", "third"]) {
      const x = testExchange({ headers, target });
      const reply = await identify(policy, x);
      assert.equal(reply?.refusal?.kind.code ?? "", code && `jwt.${code}`, `the ${time} time`);
      if (code !== "") {
        assert.equal(reply?.status, code === "ambiguous" ? 400 : 401);
        assert.equal(x.caller, undefined);
        continue;
      }
      assert.deepEqual(Object.fromEntries(x.request.headers), restQuery === undefined ? rest : {});
      assert.equal(x.request.query, restQuery ?? target.slice(1));
      assert.equal(
        x.caller?.id,
        what.includes("no token where") || what.includes("Basic where") ? undefined : "1",
      );
    }
  });
}

test("a parameter is taken out also where the token is bad", async () => {
  const { policy } = createPolicy(query);
  const x = testExchange({ target: "/?access_token=bad&a=1" });
  assert.equal((await identify(policy, x))?.status, 401);
  assert.equal(x.request.query, "?a=1");
});

test("the cookie in two fields is refused", async () => {
  const { policy } = createPolicy(cookie);
  const x = testExchange({ headers: { cookie: `__Host-session=${token}` } });
  x.request.headers.append("cookie", `a=1; __Host-session=${token}`);
  assert.equal((await identify(policy, x))?.refusal?.kind.code, "jwt.ambiguous");
});

test("cookies in several fields are searched, and the token's is the only one that goes", async () => {
  const { policy } = createPolicy(cookie);
  const x = testExchange({ headers: { cookie: "a=1" } });
  x.request.headers.append("cookie", `__Host-session=${token}`);
  x.request.headers.append("cookie", "b=__Host-session");
  assert.equal(await identify(policy, x), undefined);
  assert.deepEqual(x.request.headers.getAll("cookie"), ["a=1", "b=__Host-session"]);
});

test("whoever sends none is told where it may be", async () => {
  const { policy } = createPolicy(all);
  const reply = await identify(policy, testExchange());
  assert.equal(
    reply?.refusal?.detail,
    "The route needs a token: send it as Authorization: Bearer <token>, or in the cookie __Host-session, or in the query parameter access_token.",
  );
});
