import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import { testExchange, testResponse } from "../../testing/exchange.ts";
import { corsPolicy } from "./policy.ts";
import { corsConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

type Config = z.input<typeof corsConfig>;

function createCors(config: Config = {}) {
  return corsPolicy.create(corsConfig.parse(config), testAround());
}

/** The fields of the answer to a preflight, or undefined when the policy lets the request pass. */
function preflight(config: Config, headers: Record<string, string>, method = "OPTIONS") {
  const x = testExchange({ method, headers });
  const reply = createCors(config).request!(x);
  if (reply === undefined) return undefined;
  assert.ok(!(reply instanceof Promise));
  assert.equal(reply.status, 204);
  assert.equal(reply.body, undefined);
  return pairs(reply.headers ?? []);
}

/** The fields of an answer after the response hook. */
function answer(config: Config, origin: string | undefined, fromService: Record<string, string> = {}) {
  const x = testExchange({ headers: origin === undefined ? {} : { origin } });
  testResponse(x, 429, fromService);
  void createCors(config).response!(x);
  return pairs(x.response!.headers.fields);
}

function pairs(fields: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    assert.ok(!(name in result), `${name} is there twice`);
    result[name] = fields[i + 1]!;
  }
  return result;
}

const APP = "https://app.example.com";
const EXPOSED =
  "x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, ratelimit, ratelimit-policy, retry-after, x-request-id";
const PREFLIGHT_VARY = "origin, access-control-request-method, access-control-request-headers";
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

describe("cors preflight", () => {
  test("is answered with what is allowed, Authorization included", () => {
    assert.deepEqual(
      preflight(
        {},
        {
          origin: APP,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type",
        },
      ),
      {
        vary: PREFLIGHT_VARY,
        "access-control-allow-origin": "*",
        "access-control-allow-methods": METHODS,
        "access-control-max-age": "600",
        "access-control-allow-headers": "authorization,content-type",
      },
    );
  });

  test("names the origin and allows credentials where configured", () => {
    const config = {
      origins: [APP],
      credentials: true,
      methods: ["GET"],
      headers: ["Authorization", "x-a"],
      maxAge: "1h",
    };
    assert.deepEqual(preflight(config, { origin: APP, "access-control-request-method": "GET" }), {
      vary: PREFLIGHT_VARY,
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "authorization, x-a",
      "access-control-max-age": "3600",
    });
  });

  test("of an origin that is not listed gets no permission", () => {
    assert.deepEqual(
      preflight({ origins: [APP] }, { origin: "https://evil.test", "access-control-request-method": "GET" }),
      { vary: PREFLIGHT_VARY },
    );
  });

  const notEchoed = ["a b", "a,,b", "a\tb", "x: y", `x${"-y".repeat(1100)}`, "ä", ""];
  for (const wanted of notEchoed) {
    test(`does not echo ${JSON.stringify(wanted.slice(0, 20))} (${wanted.length} characters)`, () => {
      const fields = preflight(
        {},
        {
          origin: APP,
          "access-control-request-method": "GET",
          "access-control-request-headers": wanted,
        },
      );
      assert.equal(fields?.["access-control-allow-headers"], undefined);
      assert.equal(fields?.["access-control-allow-origin"], "*");
    });
  }

  test("is only what the Fetch standard calls one", () => {
    const asked = { origin: APP, "access-control-request-method": "GET" };
    assert.equal(preflight({}, asked, "GET"), undefined);
    assert.equal(preflight({}, { origin: APP }), undefined);
    assert.equal(preflight({}, { "access-control-request-method": "GET" }), undefined);
  });
});

describe("cors answer", () => {
  test("for everyone is the same for every origin", () => {
    assert.deepEqual(answer({}, APP), {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": EXPOSED,
    });
  });

  test("without an Origin says that it depends on it", () => {
    assert.deepEqual(answer({}, undefined), { vary: "origin" });
    assert.deepEqual(answer({ origins: [APP] }, undefined), { vary: "origin" });
  });

  test("to a listed origin names it", () => {
    assert.deepEqual(
      answer({ origins: [APP], credentials: true, exposedHeaders: ["X-Page"] }, APP, { vary: "accept" }),
      {
        vary: "accept, origin",
        "access-control-allow-origin": APP,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-page",
      },
    );
  });

  test("to another origin says nothing", () => {
    assert.deepEqual(answer({ origins: [APP] }, "https://evil.test"), { vary: "origin" });
  });

  test("replaces what the service says, whoever asks", () => {
    const fromService = {
      "Access-Control-Allow-Origin": "https://evil.test",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Expose-Headers": "x-secret",
      "x-kept": "1",
    };
    assert.deepEqual(answer({ exposedHeaders: [] }, APP, fromService), {
      "x-kept": "1",
      "access-control-allow-origin": "*",
    });
    assert.deepEqual(answer({ origins: [APP] }, "https://evil.test", fromService), {
      "x-kept": "1",
      vary: "origin",
    });
  });
});

const matches: [configured: string, origin: string, allowed: boolean][] = [
  [APP, APP, true],
  [APP, "http://app.example.com", false],
  [APP, "https://app.example.com:8443", false],
  [APP, "https://APP.example.com", false],
  [APP, "null", false],
  ["https://*.example.com", "https://a.example.com", true],
  ["https://*.example.com", "https://a.b-c.example.com", true],
  ["https://*.example.com", "https://example.com", false],
  ["https://*.example.com", "https://.example.com", false],
  ["https://*.example.com", "https://a..example.com", false],
  ["https://*.example.com", "https://evilexample.com", false],
  ["https://*.example.com", "https://evil.test/.example.com", false],
  ["https://*.example.com", "https://evil.test#.example.com", false],
  ["https://*.example.com", "https://a@b.example.com", false],
  ["https://*.example.com", "http://a.example.com", false],
  ["https://*.example.com", "https://a.example.com.evil.test", false],
  ["https://*.example.com", "https://a.example.com:444", false],
  ["https://*.example.com:444", "https://a.example.com:444", true],
  ["capacitor://localhost", "capacitor://localhost", true],
  ["http://[::1]:3000", "http://[::1]:3000", true],
];

for (const [configured, origin, allowed] of matches) {
  test(`cors: ${configured} ${allowed ? "allows" : "does not allow"} ${origin}`, () => {
    const fields = answer({ origins: [configured] }, origin);
    assert.equal(fields["access-control-allow-origin"], allowed ? origin : undefined);
  });
}

const mistakes: [title: string, config: Config, message: RegExp][] = [
  ["credentials for everyone", { credentials: true }, /needs a list of origins/],
  [
    "all fields with credentials",
    { origins: [APP], credentials: true, exposedHeaders: ["*"] },
    /name of a header/,
  ],
  ["the origin null", { origins: ["null"] }, /cannot be trusted/],
  ["an origin with a path", { origins: [`${APP}/`] }, /without a path/],
  ["an origin in capitals", { origins: ["https://App.example.com"] }, /lower case/],
  [
    "a default port",
    { origins: ["https://*.example.com:443"] },
    /browsers write this origin as https:\/\/\*\.example\.com$/m,
  ],
  ["a port out of range", { origins: ["https://example.com:99999"] }, /no valid origin/],
  ["a star inside a label", { origins: ["https://a*.example.com"] }, /expected "\*"/],
  ["no origin at all", { origins: [] }, /Too small/],
  ["a method in lower case", { methods: ["get"] }, /capitals/],
  ["a forbidden method", { methods: ["TRACE"] }, /no browser/],
  ["a header name with a space", { headers: ["x y"] }, /header name/],
  ["an age past a day", { maxAge: "2d" }, /out of range/],
];

for (const [title, config, message] of mistakes) {
  test(`cors refuses the config of ${title}`, () => {
    const result = corsConfig.safeParse(config);
    assert.ok(!result.success);
    assert.match(result.error.issues.map((issue) => issue.message).join("\n"), message);
  });
}
