import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { testExchange } from "../../testing/exchange.ts";
import { createValidate, verdict, type Config } from "./testing.ts";
import { validateConfig } from "./schema.ts";

type Fields = readonly (readonly [name: string, value: string])[];

function exchangeWith(fields: Fields, target = "/", bodyLength = 0) {
  const x = testExchange({ target, bodyLength });
  for (const [name, value] of fields) x.request.headers.append(name, value);
  return x;
}

describe("validate: header fields", () => {
  const headers: Config["headers"] = {
    "X-Tenant": true,
    "x-version": { values: ["1", "2"] },
    "x-trace": { required: false, pattern: "[a-z]{1,4}|[0-9]+" },
    "x-note": { required: false },
  };
  const right: Fields = [
    ["x-tenant", "a"],
    ["x-version", "2"],
  ];
  const cases: readonly [fields: Fields, expected: string | undefined][] = [
    [right, undefined],
    [[...right, ["x-trace", "abcd"], ["x-note", ""]], undefined],
    [[...right, ["x-trace", "0123456789"]], undefined],
    // Any value will do, so it does not matter which of them counts.
    [[...right, ["x-tenant", "b"]], undefined],
    [
      [
        ["x-tenant", ""],
        ["x-version", "1"],
      ],
      undefined,
    ],
    [[], "400 validate.header: x-tenant is missing: x-version is missing"],
    [[["x-tenant", "a"]], "400 validate.header: x-version is missing"],
    [
      [
        ["x-tenant", "a"],
        ["x-version", "3"],
      ],
      "400 validate.header: x-version has a value that is not allowed",
    ],
    [
      [
        ["x-tenant", "a"],
        ["x-version", "1, 2"],
      ],
      "400 validate.header: x-version has a value that is not allowed",
    ],
    [[...right, ["x-version", "2"]], "400 validate.header: x-version occurs more than once"],
    [[...right, ["x-trace", "a"], ["x-trace", "b"]], "400 validate.header: x-trace occurs more than once"],
    // The whole value, and not a part of it.
    ...["abcde", "ab1", "", "ab\ncd", "ABC", "a".repeat(100_000)].map((value): [Fields, string] => [
      [...right, ["x-trace", value]],
      "400 validate.header: x-trace does not have the form that is asked for",
    ]),
  ];
  const policy = createValidate({ headers });
  for (const [fields, expected] of cases) {
    it(JSON.stringify(fields).slice(0, 80), () => {
      assert.equal(verdict(policy, exchangeWith(fields)), expected);
    });
  }

  it("lists no more than twenty problems", () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-${i}`, true as const]));
    const text = verdict(createValidate({ headers: many }), exchangeWith([]))!;
    assert.equal(text.split("is missing").length - 1, 20);
  });

  it("takes a pattern that backtracking would never finish", () => {
    const hostile = createValidate({ headers: { "x-a": { pattern: "(a+)+" } } });
    const refused = "400 validate.header: x-a does not have the form that is asked for";
    assert.equal(verdict(hostile, exchangeWith([["x-a", `${"a".repeat(5000)}!`]])), refused);
  });
});

describe("validate: query parameters", () => {
  const query: Config["query"] = {
    page: { pattern: "[0-9]{1,4}" },
    sort: { required: false, values: ["up", "down", "a b"] },
    tag: { required: false, repeatable: true, pattern: "[a-z]+" },
    toString: { required: false, values: ["1"] },
    text: { required: false, pattern: "[^<>]*" },
    any: { required: false },
  };
  const cases: readonly [target: string, open: string | undefined, closed?: string][] = [
    ["/?page=1", undefined],
    ["/?page=1&sort=a+b&tag=a&tag=b", undefined],
    ["/?p%61ge=1&sort=a%20b", undefined],
    ["/", "400 validate.query: page is missing"],
    ["/?", "400 validate.query: page is missing"],
    ["/?page", "400 validate.query: page does not have the form that is asked for"],
    ["/?page=-1", "400 validate.query: page does not have the form that is asked for"],
    ["/?page=1%00", "400 validate.query: page does not have the form that is asked for"],
    ["/?page=1&page=2", "400 validate.query: page occurs more than once"],
    ["/?page=1&p%61ge=1", "400 validate.query: page occurs more than once"],
    ["/?page=1&sort=UP", "400 validate.query: sort has a value that is not allowed"],
    ["/?page=1&tag=a&tag=B", "400 validate.query: tag does not have the form that is asked for"],
    ["/?page=1&toString=2", "400 validate.query: toString has a value that is not allowed"],
    ["/?page=1&x=1", undefined, "400 validate.query: x is not known here"],
    ["/?page=1&Page=1", undefined, "400 validate.query: Page is not known here"],
    ["/?page=1&tag[]=a", undefined, "400 validate.query: tag[] is not known here"],
    ["/?page=1&__proto__=1", undefined, "400 validate.query: __proto__ is not known here"],
    [`/?page=1&${"x".repeat(101)}=1`, undefined, "400 validate.query: ? a parameter is not known here"],
    ["/?page=1&text=%C3%A4", undefined],
    ["/?page=1&any=%FF", undefined],
    ["/?page=1&text=%C0%BCscript", "400 validate.query: text is not UTF-8"],
    ["/?page=1&%C1%B0age=2", "400 validate.query: ? the name of a parameter is not UTF-8"],
    ["/?page=1;x=1", "400 validate.query: page does not have the form that is asked for"],
  ];
  const open = createValidate({ query });
  const closed = createValidate({ query, otherQuery: "deny" });
  for (const [target, expected, expectedClosed = expected] of cases) {
    it(target.slice(0, 60), () => {
      assert.equal(verdict(open, exchangeWith([], target)), expected);
      assert.equal(verdict(closed, exchangeWith([], target)), expectedClosed);
    });
  }

  it("none at all", () => {
    const policy = createValidate({ otherQuery: "deny" });
    assert.equal(verdict(policy, exchangeWith([], "/?")), undefined);
    assert.equal(verdict(policy, exchangeWith([], "/?a")), "400 validate.query: a is not known here");
  });

  it("lists no more than twenty problems", () => {
    const policy = createValidate({ query: { a: true }, otherQuery: "deny" });
    const text = verdict(policy, exchangeWith([], `/?${"b=1&".repeat(10_000)}`))!;
    assert.equal(text.split("is not known here").length - 1, 20);
    const all = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, true as const]));
    const missing = verdict(createValidate({ query: all }), exchangeWith([]))!;
    assert.equal(missing.split("is missing").length - 1, 20);
  });
});

describe("validate: content types", () => {
  const contentTypes = ["application/json", "Image/*", "application/merge-patch+json"];
  const types: readonly [type: string, taken: boolean][] = [
    ["application/json", true],
    ["Application/JSON; charset=utf-8", true],
    ['application/json ; charset="utf-8" ;', true],
    ["application/merge-patch+json", true],
    ["image/png", true],
    ["image/svg+xml;a=b", true],
    ["application/jsonp", false],
    ["application/json+xml", false],
    ["text/plain", false],
    ["image", false],
    ["image/", false],
    ["images/png", false],
    ["", false],
    ["application/json, text/plain", false],
    ["text/plain, application/json", false],
    ["application/json text/plain", false],
    ["application/json; charset=utf-8; charset=utf-7", false],
    ["application/json; charset", false],
    ["application/json; charset=utf-8 x", false],
    ['application/json; a="', false],
    [`application/json;${" ; ".repeat(5000)}!`, false],
  ];
  const policy = createValidate({ contentTypes });
  for (const [type, taken] of types) {
    it(`${JSON.stringify(type.slice(0, 60))} is ${taken ? "" : "not "}taken`, () => {
      const expected = taken ? undefined : "415 validate.content_type";
      for (const bodyLength of [1, UNKNOWN_LENGTH])
        assert.equal(verdict(policy, exchangeWith([["content-type", type]], "/", bodyLength)), expected);
      // Of a request without a body there is nothing to say.
      assert.equal(verdict(policy, exchangeWith([["content-type", type]])), undefined);
    });
  }

  it("a body has one, and only one", () => {
    const refused = "415 validate.content_type";
    assert.equal(verdict(policy, exchangeWith([], "/", 1)), refused);
    const twice = exchangeWith(
      [
        ["content-type", "image/png"],
        ["content-type", "image/png"],
      ],
      "/",
      1,
    );
    assert.equal(verdict(policy, twice), refused);
  });

  it("the refusal lists those that are taken", () => {
    const reply = policy.request!(exchangeWith([], "/", 1));
    assert.ok(reply !== undefined && !(reply instanceof Promise));
    assert.deepEqual(reply.headers, ["accept", "application/json, image/*, application/merge-patch+json"]);
  });
});

describe("validate refuses the config of", () => {
  const mistakes: readonly [title: string, config: unknown, message: RegExp][] = [
    ["nothing", {}, /nothing is asked/],
    ["nothing, said twice", { otherQuery: "allow" }, /nothing is asked/],
    ["a header name with a colon", { headers: { "x:y": true } }, /./],
    ["a header that must not be there", { headers: { x: false } }, /./],
    ["a header value with a line break", { headers: { x: { values: ["a\r\nb"] } } }, /line breaks/],
    ["no values", { headers: { x: { values: [] } } }, /./],
    ["a pattern that is a regular expression of JavaScript", { headers: { x: { pattern: /a/ } } }, /./],
    ["a long pattern", { query: { x: { pattern: "a".repeat(1001) } } }, /./],
    ["a type without a slash", { contentTypes: ["json"] }, /media type/],
    ["a type with parameters", { contentTypes: ["text/plain; charset=utf-8"] }, /media type/],
    ["any type", { contentTypes: ["*/json"] }, /media type/],
    ["no types", { contentTypes: [] }, /./],
    ["a body without a schema", { body: {} }, /there is none/],
    ["a body with two schemas", { body: { schema: {}, schemaFile: "a" } }, /two schemas/],
    ["a schema that is a text", { body: { schema: "{}" } }, /./],
    ["a size without a unit", { body: { schema: {}, maxSize: 100 } }, /size/],
    ["a size beyond reason", { body: { schema: {}, maxSize: "1gb" } }, /out of range/],
    ["an option that is not known", { body: { schema: {}, strict: false } }, /./],
  ];
  for (const [title, config, message] of mistakes) {
    it(title, () => {
      const { error } = validateConfig.safeParse(config);
      assert.match(JSON.stringify(error!.issues), message);
    });
  }

  const late: readonly [
    title: string,
    config: Config,
    path: readonly (string | number)[],
    message: RegExp,
  ][] = [
    [
      "two rules for a header",
      { headers: { "x-a": true, "X-A": true } },
      ["headers", "X-A"],
      /two rules for x-a/,
    ],
    ["a field of the connection", { headers: { Host: true } }, ["headers", "Host"], /no policy sees it/],
    ["a framing field", { headers: { "content-length": true } }, ["headers", "content-length"], /no policy/],
    ...["(?=a)b", "(a)\\1", "(", "a{2000}", "(?<!a)b"].map((pattern): [string, Config, string[], RegExp] => [
      `the pattern ${pattern}`,
      { query: { a: { pattern } } },
      ["query", "a", "pattern"],
      /pattern cannot be used: /,
    ]),
    [
      "a body of another type",
      { contentTypes: ["application/json", "text/plain"], body: { schema: {} } },
      ["contentTypes", 1],
      /text\/plain is not JSON/,
    ],
    [
      "a body of any subtype",
      { contentTypes: ["application/*"], body: { schema: {} } },
      ["contentTypes", 0],
      /not JSON/,
    ],
  ];
  for (const [title, config, path, message] of late) {
    it(title, () => {
      assert.throws(() => createValidate(config), { name: "ConfigMistake", path, message });
    });
  }
});
