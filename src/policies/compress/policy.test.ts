import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { z } from "zod";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { testExchange, testResponse } from "../../testing/exchange.ts";
import { compressPolicy } from "./policy.ts";
import { compressConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

interface Case {
  readonly config?: z.input<typeof compressConfig>;
  readonly method?: string;
  readonly accept?: string;
  readonly request?: Record<string, string>;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly bodyLength?: number;
}

const JSON_TYPE = { "content-type": "application/json" };

function respond({ config = {}, method, accept, request, status, headers, bodyLength }: Case) {
  const policy = compressPolicy.create(compressConfig.parse(config), testAround());
  const x = testExchange({
    method: method ?? "GET",
    headers: { ...(accept === undefined ? {} : { "accept-encoding": accept }), ...request },
  });
  testResponse(x, status ?? 200, headers ?? JSON_TYPE, bodyLength ?? UNKNOWN_LENGTH);
  void policy.response!(x);
  return { x, response: x.response!, get: (name: string) => x.response!.headers.get(name) };
}

/** Fields of an answer that would be encoded, but for those given. */
function typed(fields: Record<string, string>) {
  return { headers: { ...JSON_TYPE, etag: '"1"', ...fields } };
}

test("compress encodes, and says so", () => {
  const { x, response, get } = respond({
    accept: "gzip, br",
    bodyLength: 5000,
    headers: { ...JSON_TYPE, etag: '"1"', "accept-ranges": "bytes", vary: "origin" },
  });
  assert.notEqual(x.encoder, undefined);
  assert.equal(response.bodyLength, UNKNOWN_LENGTH);
  assert.equal(get("content-encoding"), "br");
  assert.equal(get("vary"), "origin, accept-encoding");
  assert.equal(get("etag"), 'W/"1"');
  assert.equal(get("accept-ranges"), undefined);
});

test("compress leaves a weak validator as it is", () => {
  assert.equal(respond({ accept: "br", headers: { ...JSON_TYPE, etag: 'W/"1"' } }).get("etag"), 'W/"1"');
});

describe("compress encodes", () => {
  const encoded: [title: string, given: Case][] = [
    ["a body of the least size", { bodyLength: 1024 }],
    ["a body of unknown length", {}],
    ["an error of the service", { status: 500 }],
    ["text with parameters, in any case", { headers: { "content-type": "Text/HTML; charset=utf-8" } }],
    ["a structured suffix", { headers: { "content-type": "application/problem+json" } }],
    ["an SVG image", { headers: { "content-type": "image/svg+xml" } }],
    ["the head that a GET would get", { method: "HEAD", bodyLength: 5000 }],
    ["a short body whose client refuses it as it is", { accept: "gzip, identity;q=0", bodyLength: 10 }],
    [
      "an image whose client refuses it as it is",
      {
        accept: "gzip, identity;q=0",
        headers: { "content-type": "image/png" },
      },
    ],
    ["by a size of its own", { config: { minSize: "10b" }, bodyLength: 10 }],
  ];
  for (const [title, given] of encoded) {
    test(title, () => {
      const { x, get } = respond({ accept: "gzip", ...given });
      assert.equal(get("content-encoding"), "gzip");
      assert.equal(get("vary"), "accept-encoding");
      assert.notEqual(x.encoder, undefined);
    });
  }
});

describe("compress leaves alone, but for Vary,", () => {
  const varied: [title: string, given: Case][] = [
    ["what no coding was asked for", {}],
    ["what an unknown coding was asked for", { accept: "deflate" }],
    ["what is preferred as it is", { accept: "identity, gzip;q=0.1" }],
    ["what is not offered", { accept: "br", config: { encodings: ["gzip"] } }],
  ];
  for (const [title, given] of varied) {
    test(title, () => {
      const { x, response, get } = respond({ bodyLength: 5000, ...given });
      assert.equal(get("content-encoding"), undefined);
      assert.equal(get("vary"), "accept-encoding");
      assert.equal(response.bodyLength, 5000);
      assert.equal(x.encoder, undefined);
    });
  }
});

describe("compress does not touch", () => {
  const untouched: [title: string, given: Case][] = [
    ["a body one byte short of the least size", { bodyLength: 1023 }],
    ["an empty body", { bodyLength: 0, accept: "gzip, identity;q=0" }],
    ["an encoded body", typed({ "content-encoding": "gzip" })],
    ["what the service forbids", typed({ "cache-control": "max-age=1, No-Transform" })],
    ["what the client forbids", { request: { "cache-control": "no-transform" } }],
    ["an event stream", typed({ "content-type": "text/event-stream; charset=utf-8" })],
    [
      "an event stream, whatever the client refuses",
      {
        accept: "gzip, identity;q=0",
        headers: { "content-type": "text/event-stream" },
      },
    ],
    ["an image", typed({ "content-type": "image/png" })],
    ["gRPC", typed({ "content-type": "application/grpc+proto" })],
    ["a body without a type", { headers: { etag: '"1"' } }],
    ["a body with a checksum", typed({ "content-digest": "sha-256=:AAAA:" })],
    ["204", { status: 204 }],
    ["205", { status: 205 }],
    ["206", { status: 206, ...typed({ "content-range": "bytes 0-1/5" }) }],
    ["304", { status: 304, ...typed({}) }],
  ];
  for (const [title, given] of untouched) {
    test(title, () => {
      const { x, get } = respond({ accept: "gzip", ...given });
      assert.equal(x.encoder, undefined);
      assert.equal(get("vary"), undefined);
      assert.equal(get("etag"), given.headers?.["etag"]);
      assert.equal(get("content-encoding"), given.headers?.["content-encoding"]);
    });
  }
});

const revalidations: [ifNoneMatch: string, etag: string][] = [
  ['"0", W/"1"', 'W/"1"'],
  ['"1"', '"1"'],
  ['W/"11"', '"1"'],
];
for (const [ifNoneMatch, etag] of revalidations) {
  test(`compress: the 304 to If-None-Match ${ifNoneMatch} has the validator ${etag}`, () => {
    const request = { "if-none-match": ifNoneMatch };
    const headers = { etag: '"1"' };
    assert.equal(respond({ status: 304, bodyLength: 0, headers, request }).get("etag"), etag);
  });
}

const mistakes: [title: string, config: object][] = [
  ["an unknown encoding", { encodings: ["deflate"] }],
  ["no encoding", { encodings: [] }],
  ["an encoding twice", { encodings: ["gzip", "gzip"] }],
  ["a size without a unit", { minSize: "1024" }],
  ["an unknown option", { level: 9 }],
];
for (const [title, config] of mistakes) {
  test(`compress refuses the config of ${title}`, () => assert.ok(!compressConfig.safeParse(config).success));
}
