import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ResponseParser } from "../../../src/http/h1/response-parser.ts";
import { DEFAULT_LIMITS } from "../../../src/http/h1/request-parser.ts";
import { everyByte, readRequests, readResponse, TEST_LIMITS } from "./readings.ts";
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from "./request-cases.ts";
import { ACCEPTED_RESPONSES, REFUSED_RESPONSES } from "./response-cases.ts";

for (const [section, cases] of Object.entries(REFUSED_REQUESTS)) {
  void suite(`Refused requests, ${section}`, () => {
    for (const [what, bytes, code] of cases) {
      void test(what, () => {
        const readings = readRequests(bytes);
        assert.equal(readings.refused, code);
        assert.deepEqual(readings.complete, []);
      });
    }
  });
}

void suite("Accepted requests", () => {
  for (const { what, bytes, head, fields, body = "", trailers = [] } of ACCEPTED_REQUESTS) {
    void test(what, () => {
      const { complete, refused, detail } = readRequests(bytes);
      assert.equal(refused, "", detail);
      assert.equal(complete.length, 1);
      const [reading] = complete;
      assert.partialDeepStrictEqual({ ...reading!.head }, head);
      if (fields !== undefined) assert.deepEqual(reading!.head.headers.fields, fields);
      assert.equal(reading!.body, body);
      assert.deepEqual(reading!.trailers, trailers);
    });
  }

  void test("pipelined requests are read one after the other", () => {
    const { complete } = readRequests(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert.deepEqual(
      complete.map(({ head, body }) => [head.path, body]),
      [
        ["/1", "hi"],
        ["/2", ""],
        ["/3", ""],
      ],
    );
  });

  void test("bytes behind a body without framing are the next request, never a body", () => {
    const { complete, refused } = readRequests("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nsmuggled");
    assert.equal(complete.length, 1);
    assert.equal(complete[0]!.body, "");
    assert.equal(refused, "");
  });
});

const sized = (bytes: number) => {
  const before = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  return `${before}${"x".repeat(bytes - before.length - 4)}\r\n\r\n`;
};
const chunkedWith = (trailers: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${trailers}\r\n`;

void suite("Limits of requests, at the bound and one past it", () => {
  const cases: [what: string, bytes: string, code: string][] = [
    ["target of 64", `GET /${"a".repeat(63)} HTTP/1.1\r\nHost: a\r\n\r\n`, ""],
    ["target of 65", `GET /${"a".repeat(64)} HTTP/1.1\r\nHost: a\r\n\r\n`, "http.target_too_long"],
    ["head of 512", sized(512), ""],
    ["head of 513", sized(513), "http.head_too_large"],
    ["head that has not ended", sized(1024).slice(0, 512), "http.head_too_large"],
    ["8 fields", `GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(7)}\r\n`, ""],
    ["9 fields", `GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(8)}\r\n`, "http.too_many_headers"],
    ["method of 32", `${"A".repeat(32)} / HTTP/1.1\r\nHost: a\r\n\r\n`, ""],
    ["method of 33", `${"A".repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, "http.bad_request_line"],
    ["trailers of 512", chunkedWith(`A: ${"x".repeat(505)}\r\n`), ""],
    ["trailers of 513", chunkedWith(`A: ${"x".repeat(506)}\r\n`), "http.head_too_large"],
    ["8 trailers", chunkedWith("A: b\r\n".repeat(8)), ""],
    ["9 trailers", chunkedWith("A: b\r\n".repeat(9)), "http.too_many_headers"],
  ];
  for (const [what, bytes, code] of cases) {
    void test(what, () => {
      assert.equal(readRequests(bytes, [], TEST_LIMITS).refused, code);
      assert.equal(readRequests(bytes, everyByte(bytes), TEST_LIMITS).refused, code);
    });
  }
});

void suite("What is wrong is not waited on", () => {
  const cases: [what: string, bytes: string, code: string][] = [
    ["a bare LF in the request line", "GET / HTTP/1.1\n", "http.bad_request_line"],
    ["a bare LF in a field line", "GET / HTTP/1.1\r\nHost: a\n", "http.bad_header"],
    ["a request line that is complete", "GET / HTTP/3.0\r\n", "http.version_not_supported"],
    ["a target too long", `GET /${"a".repeat(128)}`, "http.target_too_long"],
  ];
  for (const [what, bytes, code] of cases) {
    void test(what, () => assert.equal(readRequests(bytes, everyByte(bytes), TEST_LIMITS).refused, code));
  }
});

void suite("Refused responses", () => {
  for (const [what, bytes, options] of REFUSED_RESPONSES) {
    void test(what, () => {
      const readings = readResponse(bytes, options);
      assert.equal(readings.refused, "service.bad_response");
      assert.deepEqual(readings.complete, []);
    });
  }
});

void suite("Accepted responses", () => {
  for (const {
    what,
    bytes,
    status,
    fields,
    bodyLength,
    body,
    trailers,
    interim,
    surplus = "",
    ...options
  } of ACCEPTED_RESPONSES) {
    void test(what, () => {
      const readings = readResponse(bytes, options);
      assert.equal(readings.refused, "", readings.detail);
      assert.equal(readings.complete.length, 1);
      const [reading] = readings.complete;
      if (status !== undefined) assert.equal(reading!.head.status, status);
      if (fields !== undefined) assert.deepEqual(reading!.head.headers.fields, fields);
      if (bodyLength !== undefined) assert.equal(reading!.head.bodyLength, bodyLength);
      if (body !== undefined) assert.equal(reading!.body, body);
      if (interim !== undefined) assert.deepEqual(readings.interim, interim);
      assert.deepEqual(reading!.trailers, trailers ?? []);
      assert.equal(readings.surplus, surplus);
    });
  }

  void test("a small response is told in one call, and the next may be expected from within its end", () => {
    const told: string[] = [];
    const parser: ResponseParser = new ResponseParser(DEFAULT_LIMITS, {
      interim: () => told.push("interim"),
      head: ({ status }) => told.push(`head ${status}`),
      body: (_bytes, start, end) => told.push(`body ${end - start}`),
      bodyEnd: () => {
        told.push(`end ${parser.keepAlive} ${parser.phase}`);
        parser.expect("GET");
      },
    });
    parser.expect("GET");
    const bytes = Buffer.from(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No\r\nConnection: close\r\n\r\n",
    );
    const position = parser.parse(bytes, 0, bytes.length);
    assert.deepEqual(told, ["head 200", "body 2", "end true idle"]);
    assert.equal(parser.phase, "head");
    assert.equal(parser.parse(bytes, position, bytes.length), bytes.length);
    assert.deepEqual(told.slice(3), ["head 204", "end false idle"]);
  });

  void test("bytes that nobody asked for are not taken", () => {
    const parser = new ResponseParser(DEFAULT_LIMITS, { interim() {}, head() {}, body() {}, bodyEnd() {} });
    assert.equal(parser.parse(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), 0, 19), 0);
    assert.equal(parser.phase, "idle");
    parser.ended();
  });
});
