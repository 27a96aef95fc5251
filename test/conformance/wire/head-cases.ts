/** The lines of a head: whatever one server takes for a line, a name or a value, and another does not. */
import { get, passed, post, refused, type Threat } from "./client-case.ts";

const header = "http.bad_header";
const line = "http.bad_request_line";
const version = "http.version_not_supported";

/** Every byte that is neither printable, nor white space, nor the end of a line. */
const CONTROLS = [
  ...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9 && code !== 10 && code !== 13),
  127,
];
const hex = (code: number): string => `0x${code.toString(16).padStart(2, "0")}`;

export const HEADS: readonly Threat[] = [
  {
    threat: "control bytes in values",
    cases: CONTROLS.map((code) =>
      refused(`${hex(code)} in a value`, get("/a", `X: a${String.fromCharCode(code)}b\r\n`), header),
    ),
  },
  {
    threat: "bytes that are none of a name",
    cases: ' "(),/;<=>?@[\\]{}\x80\xff'
      .split("")
      .map((byte) => refused(`${JSON.stringify(byte)} in a name`, get("/a", `X${byte}Y: a\r\n`), header)),
  },
  {
    threat: "line ends that are not CR LF",
    cases: [
      refused("LF behind the request line", "GET /a HTTP/1.1\nHost: a\r\n\r\n", line),
      refused("LF LF behind the request line", "GET /a HTTP/1.1\n\nHost: a\r\n\r\n", line),
      refused("a byte in the place of CR behind it", "GET /a HTTP/1.1 \nHost: a\r\n\r\n", line),
      refused("CR CR LF behind the request line", "GET /a HTTP/1.1\r\r\nHost: a\r\n\r\n", line),
      refused("LF behind Host", "GET /a HTTP/1.1\r\nHost: a\n\r\n", header),
      refused("CR CR LF behind Host", "GET /a HTTP/1.1\r\nHost: a\r\r\n\r\n", header),
      refused("LF CR behind Host", "GET /a HTTP/1.1\r\nHost: a\n\r\r\n\r\n", header),
      refused("LF LF at the end", "GET /a HTTP/1.1\r\nHost: a\r\n\n", header),
      refused("CR LF CR at the end", "GET /a HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", header),
      refused("a field behind LF in another's value", get("/a", "X: y\nX-User-Id: 1\r\n"), header),
      refused("a field behind CR in another's value", get("/a", "X: y\rX-User-Id: 1\r\n"), header),
      refused("a NEL, which Unicode takes for a line end", `GET /a HTTP/1.1\x85Host: a\r\n\r\n`, line),
      passed("a NEL in a value is a byte like others", get("/a", "X: y\x85z\r\n"), {
        target: "/a",
        fields: { x: "y\x85z" },
      }),
    ],
  },
  {
    threat: "obs-fold and lines that are no fields",
    cases: [
      refused("a pseudo-header :path", get("/a", ":path: /admin\r\n"), header),
      refused("a pseudo-header :authority", get("/a", ":authority: inner.example\r\n"), header),
      refused("a fold of Host", "GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", header),
      refused("a fold before the first field", "GET /a HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", header),
      refused("a fold of an empty value", get("/a", "X:\r\n y\r\n"), header),
      refused("a line of spaces", get("/a", "   \r\n"), header),
      refused("a line of a tab", get("/a", "\t\r\n"), header),
      refused("a line of a colon", get("/a", ":\r\n"), header),
      refused("a second request line", get("/a", "GET /b HTTP/1.1\r\n"), header),
      refused("a space before a name", get("/a", "X: y\r\n Content-Length: 5\r\n"), header),
      refused("a name without a colon", get("/a", "Content-Length\r\n"), header),
      refused("a tab before the colon of Host", "GET /a HTTP/1.1\r\nHost\t: a\r\n\r\n", header),
      refused("a space before the colon of Authorization", get("/a", "Authorization : Bearer x\r\n"), header),
    ],
  },
  {
    threat: "underscored names",
    cases: ["X_User_Id", "Content_Length", "Transfer_Encoding", "X_Forwarded_For", "_", "Host_"].map((name) =>
      refused(name, get("/a", `${name}: 1\r\n`), header),
    ),
  },
  {
    threat: "the request line",
    cases: [
      refused("a tab before the version", "GET /a\tHTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("three spaces", "GET  /a  HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("a fourth word", "GET /a HTTP/1.1 x\r\nHost: a\r\n\r\n", line),
      refused("a method of a colon", ": /a HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("a method with a slash", "GET/ /a HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("a method of other letters", "G\xc9T /a HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("NUL before the method", "\0GET /a HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused("a byte order mark", "\xef\xbb\xbfGET /a HTTP/1.1\r\nHost: a\r\n\r\n", line),
      refused(
        "a header of the PROXY protocol where none is wanted",
        `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${get("/a")}`,
        line,
      ),
      refused("version 2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", line),
      refused("HTTP/2.0", "GET /a HTTP/2.0\r\nHost: a\r\n\r\n", version),
      refused(
        "the preface of HTTP/2 with frames",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        version,
      ),
      {
        what: "the preface of HTTP/2 behind a request",
        bytes: `${get("/a")}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
        answers: ["ok", version],
        seen: [{ target: "/a" }],
      },
      refused(
        "the preface with our version",
        "PRI * HTTP/1.1\r\nHost: a\r\n\r\nSM\r\n\r\n",
        "http.bad_target",
      ),
      refused("HTTP/2 without a minor version", "GET /a HTTP/2\r\nHost: a\r\n\r\n", line),
      refused("HTTP/3.0", "GET /a HTTP/3.0\r\nHost: a\r\n\r\n", version),
      refused("HTTP/1.9", "GET /a HTTP/1.9\r\nHost: a\r\n\r\n", version),
      refused("HTTP/1.1 with a sign", "GET /a HTTP/+1.1\r\nHost: a\r\n\r\n", line),
      refused("HTTP/1,1", "GET /a HTTP/1,1\r\nHost: a\r\n\r\n", line),
      refused("HTTPS/1.1", "GET /a HTTPS/1.1\r\nHost: a\r\n\r\n", line),
      refused("ICE/1.0", "GET /a ICE/1.0\r\nHost: a\r\n\r\n", line),
      refused("no version", "GET /a\r\nHost: a\r\n\r\n", line),
      refused("a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", line),
      refused("an SSH client", "SSH-2.0-OpenSSH_9.6\r\n", line),
      refused("a command of SMTP", "EHLO a\r\n", line),
      refused("three empty lines", `\r\n\r\n\r\n${get("/a")}`, line),
      passed("one empty line", `\r\n${get("/a")}`, { target: "/a" }),
    ],
  },
  {
    threat: "methods",
    cases: [
      ...["CONNECT", "TRACE"].map((method) =>
        refused(method, `${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`, "http.method_not_allowed"),
      ),
      refused(
        "CONNECT with an authority",
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        "http.method_not_allowed",
      ),
      refused(
        "TRACE with a body",
        "TRACE /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        "http.method_not_allowed",
      ),
      ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((name) =>
        passed(`${name} changes nothing`, get("/a", `${name}: DELETE\r\n`), { method: "GET", target: "/a" }),
      ),
      ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((name) => ({
        what: `${name} opens no route`,
        bytes: `DELETE /form HTTP/1.1\r\nHost: a\r\n${name}: GET\r\n\r\n`,
        answers: ["jwt.missing"],
      })),
      {
        what: "a method in a form opens none",
        bytes:
          "DELETE /form?_method=GET HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n_method=GET",
        answers: ["jwt.missing"],
      },
      passed("a method in the query changes nothing", get("/a?_method=DELETE"), {
        method: "GET",
        target: "/a?_method=DELETE",
      }),
      ...["get", "Post", "delete", "trace", "Connect", "oPTIONS"].map((method) =>
        refused(`${method}, which is no method of its own`, `${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`, line),
      ),
      passed("a made-up method", "FROB /a HTTP/1.1\r\nHost: a\r\n\r\n", { method: "FROB", target: "/a" }),
    ],
  },
  {
    threat: "oversize",
    cases: [
      passed("a target at its bound", get(`/${"a".repeat(199)}`), { target: `/${"a".repeat(199)}` }),
      refused("one past it", get(`/${"a".repeat(200)}`), "http.target_too_long"),
      refused("a query past it", get(`/?${"a".repeat(200)}`), "http.target_too_long"),
      passed("as many fields as may be", get("/a", "X: y\r\n".repeat(29)), { target: "/a" }),
      refused("one more", get("/a", "X: y\r\n".repeat(30)), "http.too_many_headers"),
      refused("a head past its bound", get("/a", `X: ${"y".repeat(2000)}\r\n`), "http.head_too_large"),
      refused(
        "a head without an end",
        `GET /a HTTP/1.1\r\nHost: a\r\n${"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(25)}`,
        "http.head_too_large",
      ),
      refused("a method without an end", "A".repeat(3000), line),
      passed("a body at its bound", post("/a", "Content-Length: 1024\r\n", "x".repeat(1024)), {
        target: "/a",
        body: "x".repeat(1024),
      }),
      {
        what: "a body past it, by its length",
        bytes: post("/a", "Content-Length: 1025\r\n", "x".repeat(1025)),
        answers: ["http.body_too_large"],
        ends: false,
      },
      {
        what: "a length beyond what will ever come",
        bytes: post("/a", "Content-Length: 9007199254740991\r\n"),
        answers: ["http.body_too_large"],
        ends: true,
      },
    ],
  },
  {
    threat: "pipelines of the good and the bad",
    cases: [
      {
        what: "a bad request behind a good one",
        bytes: `${get("/a")}GET /b HTTP/1.1\r\nX: y\r\n\r\n`,
        answers: ["ok", "http.bad_host"],
        seen: [{ target: "/a" }],
      },
      {
        what: "nothing behind a bad request is read",
        bytes: `GET /a HTTP/1.1\r\n\r\n${get("/b")}`,
        answers: ["http.bad_host"],
      },
      {
        what: "a good one, a smuggled one, a good one",
        bytes: `${get("/a")}${post("/b", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")}${get("/c")}`,
        answers: ["ok", "http.bad_framing"],
        seen: [{ target: "/a" }],
      },
      {
        what: "close ends what is behind it",
        bytes: `${get("/a", "Connection: close\r\n")}${get("/b")}`,
        answers: ["ok"],
        seen: [{ target: "/a" }],
        ends: true,
      },
      {
        what: "HTTP/1.0 ends what is behind it",
        bytes: `GET /a HTTP/1.0\r\nHost: a\r\n\r\n${get("/b")}`,
        answers: ["ok"],
        seen: [{ target: "/a" }],
        ends: true,
      },
      {
        what: "HTTP/1.0 that is kept goes on",
        bytes: `GET /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n${get("/b")}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a" }, { target: "/b" }],
      },
      {
        what: "HTTP/1.0 with a length that is kept goes on",
        bytes: `POST /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx${get("/b")}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: "x" }, { target: "/b" }],
      },
      {
        what: "HTTP/1.0 without a length has no body, and what follows is nothing",
        bytes: `POST /a HTTP/1.0\r\nHost: a\r\n\r\n${get("/hidden")}`,
        answers: ["ok"],
        seen: [{ target: "/a", body: "" }],
        ends: true,
      },
      {
        what: "HTTP/1.0 knows no 100: its body is read all the same",
        bytes: "POST /a HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        answers: ["ok"],
        seen: [{ target: "/a", body: "x", fields: { expect: null } }],
        ends: true,
      },
      {
        what: "close beside keep-alive ends what is behind it",
        bytes: `${get("/a", "Connection: keep-alive, Close\r\n")}${get("/b")}`,
        answers: ["ok"],
        seen: [{ target: "/a" }],
        ends: true,
      },
      {
        what: "close behind a body in chunks",
        bytes: `${post("/a", "Connection: close\r\nTransfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n")}${get("/b")}`,
        answers: ["ok"],
        seen: [{ target: "/a", body: "x" }],
        ends: true,
      },
      {
        what: "a refusal of a policy, and a request behind it",
        bytes: `${get("/admin/x")}${get("/b")}`,
        answers: ["jwt.missing", "ok"],
        seen: [{ target: "/b" }],
      },
      {
        what: "a refusal of a policy with a body unread, and a request behind it",
        bytes: `${post("/admin/x", "Content-Length: 5\r\n", "GET /")}${get("/b")}`,
        answers: ["jwt.missing", "ok"],
        seen: [{ target: "/b" }],
      },
      {
        what: "the same with chunks",
        bytes: `${post("/admin/x", "Transfer-Encoding: chunked\r\n", "5\r\nGET /\r\n0\r\n\r\n")}${get("/b")}`,
        answers: ["jwt.missing"],
        ends: true,
      },
    ],
  },
];
