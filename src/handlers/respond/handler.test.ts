import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { testExchange } from "../../testing/exchange.ts";
import { testAround } from "../../testing/around.ts";
import { respondHandler } from "./handler.ts";
import { respondConfig } from "./schema.ts";

type Config = z.input<typeof respondConfig>;

const replies: [title: string, config: Config, status: number, headers: string[], body?: string][] = [
  ["nothing at all", {}, 200, []],
  ["a text", { body: "grüß Gott" }, 200, ["content-type", "text/plain; charset=utf-8"], "grüß Gott"],
  ["an empty text", { body: "" }, 200, ["content-type", "text/plain; charset=utf-8"], ""],
  [
    "JSON",
    { status: 503, json: { up: [false] } },
    503,
    ["content-type", "application/json"],
    '{"up":[false]}',
  ],
  ["JSON null", { json: null }, 200, ["content-type", "application/json"], "null"],
  [
    "a type of its own",
    { headers: { "Content-Type": "text/html" }, body: "<p>" },
    200,
    ["content-type", "text/html"],
    "<p>",
  ],
  ["headers alone", { status: 204, headers: { "X-Note": "a b" } }, 204, ["x-note", "a b"]],
  [
    "a value that reads like a name",
    { headers: { "x-kind": "content-type" }, body: "" },
    200,
    ["x-kind", "content-type", "content-type", "text/plain; charset=utf-8"],
    "",
  ],
];

for (const [title, config, status, headers, body] of replies) {
  test(`respond answers with ${title}`, () => {
    const reply = respondHandler.create(respondConfig.parse(config), testAround()).handle(testExchange());
    assert.ok(reply !== undefined && !(reply instanceof Promise));
    assert.equal(reply.status, status);
    assert.deepEqual(reply.headers, headers);
    const sent = reply.body;
    assert.ok(!(sent instanceof ReadableStream));
    assert.equal(sent === undefined ? undefined : Buffer.from(sent).toString(), body);
  });
}

const mistakes: [title: string, config: object][] = [
  ["two bodies", { body: "a", json: "a" }],
  ["a body where none may be", { status: 204, body: "a" }],
  ["an interim status", { status: 103 }],
  ["a status that is none", { status: 600 }],
  ["a line break in a value", { headers: { "x-a": "1\r\nset-cookie: a=b" } }],
  ["NUL in a value", { headers: { "x-a": "1\u0000" } }],
  ["a blank around a value", { headers: { "x-a": " 1" } }],
  ["a value beyond latin1", { headers: { "x-a": "€" } }],
  ["a name with a colon", { headers: { "x:a": "1" } }],
  ["an underscored name", { headers: { x_a: "1" } }],
  ["framing", { headers: { "Content-Length": "5" } }],
  ["a connection of its own", { headers: { connection: "close" } }],
  ["a header twice", { headers: { "x-a": "1", "X-A": "2" } }],
  ["a value that is no JSON", { json: () => 1 }],
];
for (const [title, config] of mistakes) {
  test(`respond refuses the config of ${title}`, () => assert.ok(!respondConfig.safeParse(config).success));
}
