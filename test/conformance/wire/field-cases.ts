/** Fields that mean something to whoever stands behind: those of one connection, of identity, of addresses. */
import { chunked, get, HOST, passed, post, refused, type Threat } from "./client-case.ts";

/** Values that a claim can never make. */
const FORGED = "forged";

export const FIELDS: readonly Threat[] = [
  {
    threat: "fields of one connection",
    cases: [
      ...[
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "TE: trailers, deflate",
        "Trailer: x-sum",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        "Connection: keep-alive",
      ].map((line) =>
        passed(`${line} does not go on`, get("/a", `${line}\r\nX-B: c\r\n`), {
          target: "/a",
          fields: { [line.slice(0, line.indexOf(":")).toLowerCase()]: null, "x-b": "c" },
        }),
      ),
      passed(
        "what Connection names does not go on",
        get("/a", "Connection: X-B, x-c\r\nX-B: 1\r\nX-C: 2\r\nX-D: 3\r\n"),
        { target: "/a", fields: { "x-b": null, "x-c": null, "x-d": "3", connection: null } },
      ),
      passed(
        "in odd case and in two fields",
        get("/a", "Connection: x-b\r\nX-B: 1\r\nconnection: ,, X-C ,\r\nX-C: 2\r\n"),
        { target: "/a", fields: { "x-b": null, "x-c": null } },
      ),
      passed(
        "the gateway's own fields cannot be named away",
        get(
          "/a",
          "Connection: x-forwarded-for, x-request-id, via, host, traceparent, x-forwarded-host, x-forwarded-proto\r\n",
        ),
        {
          target: "/a",
          fields: { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http", "x-forwarded-host": "a" },
        },
      ),
      passed(
        "Content-Length cannot be named away",
        post("/a", "Connection: content-length\r\nContent-Length: 1\r\n", "x"),
        { target: "/a", body: "x", fields: { "content-length": "1" } },
      ),
      passed(
        "Transfer-Encoding cannot be named away",
        chunked("/a", "1\r\nx\r\n0\r\n\r\n", "Connection: transfer-encoding\r\n"),
        { target: "/a", body: "x", fields: { "transfer-encoding": "chunked" } },
      ),
      {
        what: "a token named away is no token",
        bytes: get("/admin/x", "Connection: authorization\r\nAuthorization: Bearer x\r\n"),
        answers: ["jwt.missing"],
      },
      refused("a Connection with a bad byte", get("/a", "Connection: x@y\r\n"), "http.bad_header"),
    ],
  },
  {
    threat: "identity headers of clients",
    cases: [
      passed("x-user-id is deleted where nobody is asked for it", get("/a", `X-User-Id: ${FORGED}\r\n`), {
        target: "/a",
        fields: { "x-user-id": null },
      }),
      passed("twice, in odd cases", get("/a", `x-user-ID: ${FORGED}\r\nX-USER-id: ${FORGED}\r\n`), {
        target: "/a",
        fields: { "x-user-id": null },
      }),
      passed("an empty one", get("/a", "X-User-Id:\r\n"), { target: "/a", fields: { "x-user-id": null } }),
      passed("in the trailers", chunked("/a", `0\r\nX-User-Id: ${FORGED}\r\n\r\n`), {
        target: "/a",
        trailers: { "x-user-id": null },
      }),
      {
        what: "without a token",
        bytes: get("/admin/x", `X-User-Id: ${FORGED}\r\n`),
        answers: ["jwt.missing"],
      },
      refused("with an underscore", get("/a", `X_User_Id: ${FORGED}\r\n`), "http.bad_header"),
      refused("with a space before the colon", get("/a", `X-User-Id : ${FORGED}\r\n`), "http.bad_header"),
      refused(
        "two tokens",
        get("/admin/x", "Authorization: Bearer x\r\nAuthorization: Bearer y\r\n"),
        "http.repeated_authorization",
      ),
    ],
  },
  {
    threat: "addresses from strangers",
    cases: [
      ...["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 127.0.0.1, 1.2.3.4", "x-forwarded-for: ::1"].map(
        (line) =>
          passed(`${line} is written anew`, get("/a", `${line}\r\n`), {
            target: "/a",
            fields: { "x-forwarded-for": "127.0.0.1" },
          }),
      ),
      passed("two of them", get("/a", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"), {
        target: "/a",
        fields: { "x-forwarded-for": "127.0.0.1" },
      }),
      ...[
        "Forwarded: for=1.2.3.4;proto=https",
        "X-Real-IP: 1.2.3.4",
        "X-Forwarded-Port: 443",
        "X-Forwarded-Prefix: /x",
        "X-Forwarded-Server: x",
        "X-Forwarded-Anything: x",
      ].map((line) =>
        passed(`${line} does not go on`, get("/a", `${line}\r\n`), {
          target: "/a",
          fields: { [line.slice(0, line.indexOf(":")).toLowerCase()]: null },
        }),
      ),
      passed("X-Forwarded-Proto is written anew", get("/a", "X-Forwarded-Proto: https\r\n"), {
        target: "/a",
        fields: { "x-forwarded-proto": "http" },
      }),
      passed("X-Forwarded-Host is written anew", get("/a", "X-Forwarded-Host: evil.example\r\n"), {
        target: "/a",
        fields: { "x-forwarded-host": "a" },
      }),
      passed("Via goes on, and the gateway stands behind it", get("/a", "Via: 1.0 b (c)\r\n"), {
        target: "/a",
        fields: { via: "1.0 b (c), 1.1 portcullis" },
      }),
      {
        what: "a request that has been here",
        bytes: get("/a", "Via: 1.1 portcullis\r\n"),
        answers: ["http.loop"],
      },
      {
        what: "among others, in upper case",
        bytes: get("/a", "Via: 1.1 b, 1.1 PORTCULLIS, 1.1 c\r\n"),
        answers: ["http.loop"],
      },
    ],
  },
  {
    threat: "Expect",
    cases: [
      ...[
        "200-ok",
        "100-continue, 100-continue",
        "100-continue; a=b",
        "101-continue",
        "100-continue,",
        '"100-continue"',
      ].map((value) =>
        refused(
          JSON.stringify(value),
          post("/a", `Expect: ${value}\r\nContent-Length: 1\r\n`, "x"),
          "http.expectation_failed",
        ),
      ),
      refused(
        "two fields of which one is unknown",
        post("/a", "Expect: 100-continue\r\nExpect: x\r\nContent-Length: 1\r\n", "x"),
        "http.expectation_failed",
      ),
      refused(
        "a fold",
        post("/a", "Expect: 100-\r\n continue\r\nContent-Length: 1\r\n", "x"),
        "http.bad_header",
      ),
      passed(
        "100-continue with the body behind it",
        post("/a", "Expect: 100-continue\r\nContent-Length: 1\r\n", "x"),
        { target: "/a", body: "x", fields: { expect: null } },
      ),
      passed("in odd case, chunked", chunked("/a", "1\r\nx\r\n0\r\n\r\n", "Expect: 100-CONTINUE\r\n"), {
        target: "/a",
        body: "x",
        fields: { expect: null },
      }),
      passed("without a body", get("/a", "Expect: 100-continue\r\n"), {
        target: "/a",
        body: "",
        fields: { expect: null },
      }),
      {
        what: "before a policy that refuses: no 100, and what comes is not waited for",
        bytes: post("/admin/x", "Expect: 100-continue\r\nContent-Length: 5\r\n"),
        answers: ["jwt.missing"],
        ends: true,
      },
      {
        what: "a body that is too large: no 100",
        bytes: post("/a", "Expect: 100-continue\r\nContent-Length: 2000\r\n"),
        answers: ["http.body_too_large"],
        ends: true,
      },
    ],
  },
  {
    threat: "Upgrade, h2c and tunnels",
    cases: [
      passed(
        "h2c is not offered on",
        get(
          "/a",
          "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ),
        { target: "/a", fields: { upgrade: null, connection: null, "http2-settings": null } },
      ),
      passed("h2c without Connection", get("/a", "Upgrade: h2c\r\n"), {
        target: "/a",
        fields: { upgrade: null },
      }),
      passed(
        "websocket, where no route allows it",
        get(
          "/a",
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n",
        ),
        { target: "/a", fields: { upgrade: null, connection: null } },
      ),
      passed("a made-up protocol", get("/a", "Connection: upgrade\r\nUpgrade: foo/1, h2c\r\n"), {
        target: "/a",
        fields: { upgrade: null },
      }),
      {
        what: "what follows an Upgrade is the next request",
        bytes: `${get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n")}${get("/b")}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a" }, { target: "/b" }],
      },
      passed(
        "of a POST with a body",
        `POST /a HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx`,
        { target: "/a", body: "x", fields: { upgrade: null } },
      ),
    ],
  },
  {
    threat: "one body, one type",
    cases: [
      refused(
        "two types",
        post("/a", "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 1\r\n", "x"),
        "http.bad_header",
      ),
      passed(
        "fields of names that objects have",
        get("/a", "__proto__x: 1\r\n".replace(/_/g, "-") + "constructor: 2\r\nhasOwnProperty: 3\r\n"),
        { target: "/a", fields: { constructor: "2", hasownproperty: "3" } },
      ),
      passed("cookies stay apart", get("/a", "Cookie: a=1\r\nCookie: b=2\r\n"), { target: "/a" }),
    ],
  },
];
