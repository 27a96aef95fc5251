import assert from "node:assert/strict";
import { bodyOf } from "../../testing/exchange.ts";
import { describe, it } from "node:test";
import type { Exchange } from "../../core/exchange.ts";
import { ask, createValidate, exchangeOf, JSON_TYPE, type Config } from "./testing.ts";

describe("validate: bodies that are not read", () => {
  const schema = { type: "object" };
  const cases: readonly [
    title: string,
    config: Config["body"],
    x: () => Exchange,
    expected: string | undefined,
  ][] = [
    ["none", { schema }, () => exchangeOf(""), "400 validate.body_missing"],
    ["none of known length", { schema }, () => exchangeOf("", JSON_TYPE, true), "400 validate.body_missing"],
    ["none, and none needed", { schema, required: false }, () => exchangeOf("", {}), undefined],
    [
      "none in chunks, and none needed",
      { schema, required: false },
      () => exchangeOf("", JSON_TYPE, true),
      undefined,
    ],
    [
      "a type that is no JSON",
      { schema },
      () => exchangeOf("{}", { "content-type": "text/plain" }),
      "415 validate.content_type",
    ],
    ["no type", { schema }, () => exchangeOf("{}", {}), "415 validate.content_type"],
    ...["gzip", "GZIP", "br", "identity, gzip", "x"].map(
      (coding): [string, Config["body"], () => Exchange, string] => [
        `the coding ${coding}`,
        { schema },
        () => exchangeOf("{}", { ...JSON_TYPE, "content-encoding": coding }),
        "415 validate.content_encoding",
      ],
    ),
    [
      "no coding",
      { schema },
      () => exchangeOf("{}", { ...JSON_TYPE, "content-encoding": "Identity" }),
      undefined,
    ],
    [
      "UTF-16",
      { schema },
      () => exchangeOf("{}", { "content-type": "application/json;charset=utf-16" }),
      "415 validate.content_type",
    ],
    [
      "UTF-8",
      { schema },
      () => exchangeOf("{}", { "content-type": "application/json;charset=UTF-8" }),
      undefined,
    ],
    ["as much as may be", { schema, maxSize: "10b" }, () => exchangeOf('{"a":1234}'), undefined],
    [
      "one byte more",
      { schema, maxSize: "10b" },
      () => exchangeOf('{"a":12345}'),
      "413 validate.body_too_large",
    ],
    [
      "the same in chunks",
      { schema, maxSize: "10b" },
      () => exchangeOf('{"a":12345}', JSON_TYPE, true),
      "413 validate.body_too_large",
    ],
    [
      "more than the default",
      { schema },
      () => exchangeOf(`{"a":"${"a".repeat(1024 * 1024)}"}`),
      "413 validate.body_too_large",
    ],
  ];
  for (const [title, body, x, expected] of cases) {
    it(title, async () => assert.equal(await ask({ body: body! }, x()), expected));
  }

  it("more than the route takes, which the gateway tells", async () => {
    const x = exchangeOf("{}");
    x.request.bodyLength = 5 * 1024 * 1024;
    assert.equal(await ask({ body: { schema, maxSize: "10mb" } }, x), "413 http.body_too_large");
  });

  it("one that breaks off", async () => {
    const x = exchangeOf("{}");
    bodyOf(x).wanted = (sink) => sink.bodyAborted();
    assert.equal(await ask({ body: { schema } }, x), undefined);
    assert.equal(bodyOf(x).sink, undefined);
  });

  it("one whose request was answered meanwhile", async () => {
    const x = exchangeOf("malformed");
    const waiting = createValidate({ body: { schema } }).request!(x);
    x.finished = true;
    assert.equal(await waiting, undefined);
  });
});
