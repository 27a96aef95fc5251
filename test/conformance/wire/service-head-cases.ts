/** Heads of answers: whatever one client takes for a line, a name, a value or a version, and another does not. */
import { chunked, EVIL, lastOne, OK, passed, refused, WHOLE, type ServiceThreat } from "./service-case.ts";

const ENDS_WELL = "Content-Length: 2\r\n\r\nok";
const withField = (line: string): string => `${OK}${line}\r\n${ENDS_WELL}`;
const hex = (byte: string): string => `0x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
const CONTROLS = "\0\x01\x08\x0b\x0c\x1b\x7f".split("");

/** `headBytes` in all, with its empty line. */
const ofSize = (headBytes: number): string => {
  const ends = "\r\nContent-Length: 2\r\n\r\n";
  return `${OK}A: ${"x".repeat(headBytes - OK.length - 3 - ends.length)}${ends}ok`;
};
/** With as many fields in all. */
const ofCount = (count: number): string => `${OK}${"A: b\r\n".repeat(count - 1)}${ENDS_WELL}`;

export const HEADS: readonly ServiceThreat[] = [
  {
    threat: "lines that do not end with CR LF",
    cases: [
      refused("LF behind the status line", `HTTP/1.1 200 OK\n${ENDS_WELL}`),
      refused("CR behind the status line", `HTTP/1.1 200 OK\r${ENDS_WELL}`),
      refused("CR CR LF behind the status line", `HTTP/1.1 200 OK\r\r\n${ENDS_WELL}`),
      refused("LF CR behind the status line", `HTTP/1.1 200 OK\n\r${ENDS_WELL}`),
      refused("LF behind a field", `${OK}A: b\n${ENDS_WELL}`),
      refused("CR behind a field", `${OK}A: b\rC: d\r\n${ENDS_WELL}`),
      refused("CR CR LF behind a field", `${OK}A: b\r\r\n${ENDS_WELL}`),
      refused("LF LF behind the last field", `${OK}Content-Length: 2\n\nok`),
      refused("LF for the empty line", `${OK}Content-Length: 2\r\n\nok`),
      refused("CR for the empty line", `${OK}Content-Length: 2\r\n\rok`),
    ],
  },
  {
    threat: "split responses",
    cases: [
      refused("LF in a value, and a cookie behind it", withField("Location: /a\nSet-Cookie: evil=1")),
      refused("CR in a value, and a cookie behind it", withField("Location: /a\rSet-Cookie: evil=1")),
      refused("LF LF in a value, and a whole answer behind it", `${OK}Location: /a\n\n${EVIL}`),
      refused("CR CR in a value, and a whole answer behind it", `${OK}Location: /a\r\r${EVIL}`),
      refused(
        "LF in the reason, and a cookie behind it",
        `HTTP/1.1 302 Found\nSet-Cookie: evil=1\r\n${ENDS_WELL}`,
      ),
      passed("what was encoded stays text", withField("Location: /a%0d%0aSet-Cookie:%20b"), {
        fields: { location: ["/a%0d%0aSet-Cookie:%20b"], "set-cookie": [] },
      }),
      passed("NEL and other bytes beyond ASCII are no line ends", withField("A: b\x85c\x8dd\x8a"), {
        fields: { a: ["b\x85c\x8dd\x8a"] },
      }),
    ],
  },
  {
    threat: "control bytes",
    cases: CONTROLS.flatMap((byte) => [
      refused(`${hex(byte)} in a value`, withField(`A: b${byte}c`)),
      refused(`${hex(byte)} in a name`, withField(`A${byte}B: c`)),
      refused(`${hex(byte)} in the reason`, `HTTP/1.1 200 O${byte}K\r\n${ENDS_WELL}`),
    ]),
  },
  {
    threat: "lines that are no fields",
    cases: [
      ...' \t"(),/;<=>?@[]{}\\\x80\xff'
        .split("")
        .map((byte) => refused(`${JSON.stringify(byte)} in a name`, withField(`A${byte}B: c`))),
      refused("a fold with a space", withField("A: b\r\n c")),
      refused("a fold with a tab", withField("A: b\r\n\tc")),
      refused("a fold before the first field", `${OK} A: b\r\n${ENDS_WELL}`),
      refused("a fold of the length", `${OK}Content-Length:\r\n 2\r\n\r\nok`),
      refused("a fold of the coding", `${OK}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`),
      refused("a space before the colon", withField("A : b")),
      refused("a tab before the colon of the coding", `${OK}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n`),
      refused("no name", withField(": b")),
      refused("no colon", withField("A")),
      refused("a second status line", `${OK}${WHOLE}`),
    ],
  },
  {
    threat: "status lines of another kind",
    cases: [
      ...[
        "HTTP/2.0 200 OK",
        "HTTP/3 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/1.10 200 OK",
        "HTTP/01.1 200 OK",
        "HTTP/1 200 OK",
        "HTTP/1,1 200 OK",
        "HTTP /1.1 200 OK",
        " HTTP/1.1 200 OK",
        "http/1.1 200 OK",
        "HTTPS/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 0200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2x0 OK",
        "HTTP/1.1 -20 OK",
        "HTTP/1.1 000 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK",
        "HTTP/1.1 999 OK",
        "HTTP/1.1 OK",
        "HTTP/1.1",
        "GET / HTTP/1.1",
        "",
      ].map((line) => refused(JSON.stringify(line), `${line}\r\n${ENDS_WELL}`)),
      refused("SETTINGS of HTTP/2", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64"),
      refused("an alert of TLS", "\x15\x03\x01\0\x02\x02\x46"),
      refused("no head", "<html>evil</html>"),
      passed("no reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", { body: "ok" }),
      passed("no reason and no space", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", { body: "ok" }),
      passed("a status that nobody knows", "HTTP/1.1 599 Evi\xfcl\r\nContent-Length: 2\r\n\r\nok", {
        status: 599,
        body: "ok",
      }),
    ],
  },
  {
    threat: "heads of every size",
    cases: [
      passed("4096 bytes, the bound", ofSize(4096), { body: "ok" }),
      refused("4097 bytes", ofSize(4097)),
      refused("a head without an end", `${OK}A: ${"x".repeat(20_000)}`),
      refused("a status line without an end", `HTTP/1.1 200 ${"x".repeat(20_000)}`),
      refused("a name without an end", OK + "x".repeat(20_000)),
      passed("200 fields, the bound", ofCount(200), { body: "ok" }),
      refused("201 fields", ofCount(201)),
      refused("4096 bytes without an end", `${OK}A: ${"x".repeat(4096 - OK.length - 3)}`),
    ],
  },
  {
    threat: "fields of a connection, and of others' making",
    cases: [
      passed(
        "hop-by-hop fields go no further",
        withField(
          "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers\r\nTrailer: A\r\nHTTP2-Settings: AA\r\nUpgrade: h2c",
        ),
        { body: "ok" },
      ),
      passed(
        "what Connection names goes no further",
        withField("Connection: keep-alive, X-A ,x-b\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3"),
        {
          fields: { "x-a": [], "x-b": [], "x-c": ["3"] },
        },
      ),
      passed(
        "also in several fields, in any case",
        withField("CONNECTION: x-a\r\nX-A: 1\r\nconnection: X-B\r\nX-B: 2"),
        {
          fields: { "x-a": [], "x-b": [] },
        },
      ),
      passed(
        "Connection cannot name the framing away",
        withField("Connection: content-length, transfer-encoding, keep-alive"),
        {
          body: "ok",
          fields: { "content-length": ["2"] },
        },
      ),
      passed("nor what the gateway says", withField("Connection: via, x-request-id, date, traceparent"), {
        body: "ok",
      }),
      passed(
        "a cookie that Connection names is gone, and no other field",
        withField("Connection: set-cookie\r\nSet-Cookie: a\r\nX-C: 3"),
        {
          fields: { "set-cookie": [], "x-c": ["3"] },
        },
      ),
      refused("a Connection field that is no list of tokens", withField("Connection: a b")),
      refused("a quoted Connection option", withField('Connection: "close"')),
      lastOne("close", withField("Connection: close"), { body: "ok" }),
      lastOne("close in another case, among others", withField("Connection: x-a, CLOSE, keep-alive"), {
        body: "ok",
      }),
      passed("Proxy-Connection: close says nothing", withField("Proxy-Connection: close"), { body: "ok" }),
      passed(
        "a list of cookies stays a list",
        withField(
          "Set-Cookie: a=1, 2\r\nX: y\r\nset-cookie: b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nSET-COOKIE: a=1, 2",
        ),
        {
          fields: { "set-cookie": ["a=1, 2", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=1, 2"] },
        },
      ),
      passed(
        "challenges stay apart, in order",
        withField("WWW-Authenticate: Basic\r\nWWW-Authenticate: Bearer"),
        {
          fields: { "www-authenticate": ["Basic", "Bearer"] },
        },
      ),
      passed(
        "the gateway's own fields are written over",
        withField("X-Request-Id: evil\r\nX-Request-Id: evil\r\nTraceparent: evil"),
        { body: "ok" },
      ),
      passed("Via is added to", withField("Via: 1.0 a\r\nVia: 1.1 b"), {
        fields: { via: ["1.0 a, 1.1 b, 1.1 portcullis"] },
      }),
      passed(
        "Date and Server are the service's",
        withField("Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: s"),
        {
          fields: { date: ["Mon, 01 Jan 2024 00:00:00 GMT"], server: ["s"] },
        },
      ),
      passed("empty values and blanks around others", withField("A:\r\nB: \t \r\nC:\tc \t"), {
        fields: { a: [""], b: [""], c: ["c"] },
      }),
      passed("names of every object", withField("__proto__: 1\r\nconstructor: 2\r\nhasOwnProperty: 3"), {
        fields: { ["__proto__"]: ["1"], constructor: ["2"], hasownproperty: ["3"] },
      }),
      passed(
        "Upgrade with a body is an answer like others",
        chunked("2\r\nok\r\n0\r\n\r\n").replace("\r\n", "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"),
        {
          body: "ok",
          fields: { upgrade: [] },
        },
      ),
    ],
  },
];
