/** Requests that are refused, by the part of the specification that they break: `[what, bytes, code]`. */
export type RefusedCase = readonly [what: string, bytes: string, code: string];

const HOST = "Host: a\r\n";
const END = "\r\n";

/** A request with these field lines beside Host. */
const withFields = (lines: string, method = "POST") => `${method} / HTTP/1.1\r\n${HOST}${lines}${END}`;
const withTarget = (target: string, method = "GET") => `${method} ${target} HTTP/1.1\r\n${HOST}${END}`;
const withHost = (host: string) => `GET / HTTP/1.1\r\n${host}${END}`;
const chunked = (body: string) => withFields(`Transfer-Encoding: chunked\r\n`) + body;

const line = "http.bad_request_line";
const version = "http.version_not_supported";
const target = "http.bad_target";
const path = "http.ambiguous_path";
const header = "http.bad_header";
const host = "http.bad_host";
const framing = "http.bad_framing";
const coding = "http.unsupported_transfer_coding";
const chunk = "http.bad_chunk";

export const REFUSED_REQUESTS: Readonly<Record<string, readonly RefusedCase[]>> = {
  "RFC 9112, 2.2: message parsing": [
    ["line ends are bare LF", "GET / HTTP/1.1\nHost: a\n\n", line],
    ["the request line ends with a bare CR", "GET / HTTP/1.1\rHost: a\r\n\r\n", line],
    ["two empty lines before the request line", `\r\n\r\n${withTarget("/")}`, line],
    ["a bare LF before the request line", `\n${withTarget("/")}`, line],
    ["a bare CR before the request line", `\r${withTarget("/")}`, line],
    ["white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", header],
    ["a field line ends with a bare LF", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", header],
    ["a field line ends with a bare CR", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", header],
    ["the head ends with a bare LF", "GET / HTTP/1.1\r\nHost: a\r\n\n", header],
    ["the head ends with a bare CR", "GET / HTTP/1.1\r\nHost: a\r\n\rX", header],
    ["a TLS client hello", "\x16\x03\x01\x02\x00\x01\x00", line],
    ["NUL", "\0", line],
  ],
  "RFC 9112, 3: request line": [
    ["no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", line],
    ["two spaces before the target", withTarget(" /"), line],
    ["two spaces before the version", withTarget("/ "), line],
    ["a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", line],
    ["a space before the method", ` ${withTarget("/")}`, line],
    ["a space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", line],
    ["a space in the target", withTarget("/a b"), line],
    ["HTTP/0.9", "GET /\r\n\r\n", line],
    ["no method", withTarget("/", ""), line],
    ["a method with a comma", withTarget("/", "GE,T"), line],
    ["a method with a colon", withTarget("/", "GET:"), line],
    ["a method that never ends", withTarget("/", "A".repeat(33)), line],
    ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", version],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", version],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", version],
    ["HTTP/0.9 by name", "GET / HTTP/0.9\r\n\r\n", version],
    ["HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", line],
    ["HTTP/1", "GET / HTTP/1\r\nHost: a\r\n\r\n", line],
    ["HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", line],
    ["lower-case http", "GET / http/1.1\r\nHost: a\r\n\r\n", line],
    ["another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", line],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "http.method_not_allowed"],
    ["TRACE", withTarget("/", "TRACE"), "http.method_not_allowed"],
  ],
  "RFC 9112, 3.2: request target": [
    ["* for GET", withTarget("*"), target],
    ["authority form", withTarget("a:443"), target],
    ["relative path", withTarget("a/b"), target],
    ["scheme ftp", withTarget("ftp://a/"), target],
    ["scheme file", withTarget("file:///etc/passwd"), target],
    ["absolute form without host", withTarget("http:///a"), target],
    ["absolute form with user info", withTarget("http://user@a/"), target],
    ["absolute form with a backslash for a slash", withTarget("http:\\\\a/"), target],
    ["absolute form with a bad port", withTarget("http://a:x/"), target],
    ["absolute form with a bad Host", `GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n`, host],
    ["absolute form without Host", `GET http://a/ HTTP/1.1\r\n\r\n`, host],
    ["absolute form with a fragment", withTarget("http://a/#b"), path],
    ["network-path form", withTarget("//a/b"), path],
    ["encoded slash", withTarget("/a%2fb"), path],
    ["dot segments", withTarget("/a/../b"), path],
    ["encoded dot segments", withTarget("/a/%2E%2e/b"), path],
    ["a control byte", withTarget("/a\x01"), line],
    ["NUL", withTarget("/a\0"), line],
    ["DEL", withTarget("/a\x7f"), line],
    ["bytes beyond ASCII", withTarget("/\xe9"), path],
    ["a fragment behind the query", withTarget("/?a#b"), target],
  ],
  "RFC 9112, 3.2 and RFC 9110, 7.2: Host": [
    ["missing", withHost(""), host],
    ["repeated", withHost("Host: a\r\nHost: a\r\n"), host],
    ["repeated in another case", withHost("Host: a\r\nhOST: b\r\n"), host],
    ["empty", withHost("Host:\r\n"), host],
    ["a list", withHost("Host: a, b\r\n"), host],
    ["a space", withHost("Host: a b\r\n"), host],
    ["user info", withHost("Host: user@a\r\n"), host],
    ["a path", withHost("Host: a/b\r\n"), host],
    ["a query", withHost("Host: a?b\r\n"), host],
    ["a scheme", withHost("Host: http://a\r\n"), host],
    ["an empty port", withHost("Host: a:\r\n"), host],
    ["a port that is no number", withHost("Host: a:b\r\n"), host],
    ["a port beyond 65535", withHost("Host: a:65536\r\n"), host],
    ["an IPv6 address without brackets", withHost("Host: ::1\r\n"), host],
    ["brackets around no address", withHost("Host: [a]\r\n"), host],
    ["malformed in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", host],
  ],
  "RFC 9112, 5 and RFC 9110, 5: field lines": [
    ["a space before the colon", withFields("X : a\r\n"), header],
    ["a tab before the colon", withFields("X\t: a\r\n"), header],
    ["a space in Content-Length's name", withFields("Content-Length : 5\r\n"), header],
    ["obs-fold with a space", withFields("X: a\r\n b\r\n"), header],
    ["obs-fold with a tab", withFields("X: a\r\n\tb\r\n"), header],
    ["obs-fold of Transfer-Encoding", withFields("Transfer-Encoding:\r\n chunked\r\n"), header],
    ["no colon", withFields("X\r\n"), header],
    ["no name", withFields(": a\r\n"), header],
    ["a name with a parenthesis", withFields("X(: a\r\n"), header],
    ["a name beyond ASCII", withFields("X\xe9: a\r\n"), header],
    ["a name with NUL", withFields("X\0: a\r\n"), header],
    ["an underscored name", withFields("X_User_Id: 1\r\n"), header],
    ["an underscored Content_Length", withFields("Content_Length: 5\r\n"), header],
    ["a bare CR in a value", withFields("X: a\rb\r\n"), header],
    ["a bare LF in a value", withFields("X: a\nContent-Length: 5\r\n"), header],
    ["NUL in a value", withFields("X: a\0b\r\n"), header],
    ["an escape character in a value", withFields("X: a\x1bb\r\n"), header],
    ["a vertical tab before chunked", withFields("Transfer-Encoding: \x0bchunked\r\n"), header],
    ["DEL in a value", withFields("X: a\x7f\r\n"), header],
    [
      "two Authorization fields",
      withFields("Authorization: a\r\nauthorization: a\r\n"),
      "http.repeated_authorization",
    ],
    ["two types of one body", withFields("Content-Type: a/b\r\ncontent-type: c/d\r\n"), header],
    ["the type of a body twice", withFields("Content-Type: a/b\r\nContent-Type: a/b\r\n"), header],
    ["a Connection field that is no list of tokens", withFields("Connection: a b\r\n"), header],
    ["a Connection field with obs-text", withFields("Connection: close\xa0\r\n"), header],
  ],
  "RFC 9112, 6.1: Transfer-Encoding": [
    ["with Content-Length", withFields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), framing],
    [
      "with Content-Length behind it",
      withFields("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
      framing,
    ],
    ["in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", framing],
    ["repeated", withFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), framing],
    [
      "repeated with identity",
      withFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      framing,
    ],
    ["a list", withFields("Transfer-Encoding: gzip, chunked\r\n"), framing],
    ["a list with nothing before chunked", withFields("Transfer-Encoding: ,chunked\r\n"), framing],
    ["a list with nothing behind chunked", withFields("Transfer-Encoding: chunked,\r\n"), framing],
    ["chunked twice", withFields("Transfer-Encoding: chunked, chunked\r\n"), framing],
    ["chunked with a parameter", withFields("Transfer-Encoding: chunked;a=b\r\n"), framing],
    ["in another case", withFields("Transfer-Encoding: cHuNkEd\r\n"), framing],
    ["in quotes", withFields('Transfer-Encoding: "chunked"\r\n'), framing],
    ["empty", withFields("Transfer-Encoding:\r\n"), framing],
    ["gzip", withFields("Transfer-Encoding: gzip\r\n"), coding],
    ["identity", withFields("Transfer-Encoding: identity\r\n"), coding],
    ["nearly chunked", withFields("Transfer-Encoding: xchunked\r\n"), coding],
  ],
  "RFC 9112, 6.2 and RFC 9110, 8.6: Content-Length": [
    ["two that differ", withFields("Content-Length: 5\r\nContent-Length: 6\r\n"), framing],
    ["two that are the same", withFields("Content-Length: 5\r\ncontent-length: 5\r\n"), framing],
    ["a list", withFields("Content-Length: 5, 5\r\n"), framing],
    ["empty", withFields("Content-Length:\r\n"), framing],
    ["a plus sign", withFields("Content-Length: +5\r\n"), framing],
    ["a minus sign", withFields("Content-Length: -5\r\n"), framing],
    ["hexadecimal", withFields("Content-Length: 0x5\r\n"), framing],
    ["an exponent", withFields("Content-Length: 1e1\r\n"), framing],
    ["a fraction", withFields("Content-Length: 5.0\r\n"), framing],
    ["a space between digits", withFields("Content-Length: 1 0\r\n"), framing],
    ["an underscore between digits", withFields("Content-Length: 1_0\r\n"), framing],
    ["a superscript digit", withFields("Content-Length: \xb2\r\n"), framing],
    ["2^53", withFields("Content-Length: 9007199254740992\r\n"), framing],
    ["2^64 + 5", withFields("Content-Length: 18446744073709551621\r\n"), framing],
  ],
  "RFC 9112, 7.1: chunked": [
    ["an extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), chunk],
    ["an empty extension", chunked("5;\r\nhello\r\n0\r\n\r\n"), chunk],
    ["an extension of the last chunk", chunked("0;a\r\n\r\n"), chunk],
    ["an extension with a bare LF", chunked("5;\nhello\r\n0\r\n\r\n"), chunk],
    ["a space behind the size", chunked("5 \r\nhello\r\n0\r\n\r\n"), chunk],
    ["a space before the size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a size with a sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a negative size", chunked("-5\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a size that is no number", chunked("g\r\n"), chunk],
    ["no size", chunked("\r\nhello"), chunk],
    ["a size of nine digits", chunked("000000005\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a size that overflows 64 bits", chunked("10000000000000005\r\nhello"), chunk],
    ["a size that ends with LF", chunked("5\nhello\r\n0\r\n\r\n"), chunk],
    ["a size that ends with CR and another byte", chunked("5\rXhello\r\n0\r\n\r\n"), chunk],
    ["a size that ends with a bare CR", chunked("5\rhello\r\n0\r\n\r\n"), chunk],
    ["a chunk longer than its size", chunked("4\r\nhello\r\n0\r\n\r\n"), chunk],
    ["a chunk that ends with LF", chunked("5\r\nhello\n0\r\n\r\n"), chunk],
    ["a chunk that ends with CR and another byte", chunked("5\r\nhello\rX0\r\n\r\n"), chunk],
    ["a chunk that ends with a bare CR", chunked("5\r\nhello\r0\r\n\r\n"), chunk],
    ["trailers with a folded line", chunked("0\r\nX: a\r\n b\r\n\r\n"), header],
    ["trailers with a bare LF", chunked("0\r\nX: a\n\r\n"), header],
    ["trailers with an underscored name", chunked("0\r\nX_A: a\r\n\r\n"), header],
    ["a bare LF behind the last chunk", chunked("0\r\n\n"), header],
  ],
  "RFC 9110, 10.1.1: Expect": [
    ["another expectation", withFields("Expect: 200-ok\r\nContent-Length: 1\r\n"), "http.expectation_failed"],
    ["a list", withFields("Expect: 100-continue, x\r\nContent-Length: 1\r\n"), "http.expectation_failed"],
    ["empty", withFields("Expect:\r\n"), "http.expectation_failed"],
  ],
};

/** Requests that are accepted: `[what, bytes, what is expected of the first head, its body]`. */
export interface AcceptedCase {
  readonly what: string;
  readonly bytes: string;
  readonly head: Readonly<Record<string, unknown>>;
  readonly fields?: readonly string[];
  readonly body?: string;
  readonly trailers?: readonly string[];
}

export const ACCEPTED_REQUESTS: readonly AcceptedCase[] = [
  {
    what: "a plain request",
    bytes: withTarget("/a/b?c=d&e"),
    head: {
      method: "GET",
      path: "/a/b",
      query: "?c=d&e",
      authority: "a",
      minorVersion: 1,
      bodyLength: 0,
      keepAlive: true,
    },
  },
  { what: "one empty line before it (2.2)", bytes: `\r\n${withTarget("/")}`, head: { path: "/" } },
  { what: "a bare ? is kept", bytes: withTarget("/?"), head: { path: "/", query: "?" } },
  {
    what: "the query is kept byte for byte",
    bytes: withTarget("/?a=//../%2F;\\?"),
    head: { query: "?a=//../%2F;\\?" },
  },
  { what: "a method of the caller's own", bytes: withTarget("/", "PURGE"), head: { method: "PURGE" } },
  {
    what: "a method in lower case is another method",
    bytes: withTarget("/", "get"),
    head: { method: "get" },
  },
  { what: "OPTIONS *", bytes: withTarget("*", "OPTIONS"), head: { path: "*", query: "" } },
  {
    what: "absolute form goes before Host",
    bytes: withTarget("HTTP://B.example:80/c?d"),
    head: { authority: "b.example:80", path: "/c", query: "?d" },
  },
  { what: "absolute form without path", bytes: withTarget("https://b"), head: { authority: "b", path: "/" } },
  {
    what: "absolute form with a query alone",
    bytes: withTarget("http://b?c"),
    head: { path: "/", query: "?c" },
  },
  {
    what: "OPTIONS of a whole server",
    bytes: withTarget("http://b", "OPTIONS"),
    head: { authority: "b", path: "*" },
  },
  {
    what: "Host in upper case with a port",
    bytes: withHost("HOST: EXAMPLE.com:8080\r\n"),
    head: { authority: "example.com:8080" },
  },
  {
    what: "Host as an IPv6 address",
    bytes: withHost("Host: [2001:DB8::1]:80\r\n"),
    head: { authority: "[2001:db8::1]:80" },
  },
  {
    what: "HTTP/1.0 without Host",
    bytes: "GET / HTTP/1.0\r\n\r\n",
    head: { authority: "", minorVersion: 0, keepAlive: false },
  },
  {
    what: "HTTP/1.0 that asks to be kept",
    bytes: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    head: { keepAlive: true },
  },
  { what: "Connection: close", bytes: withFields("Connection: Close\r\n"), head: { keepAlive: false } },
  {
    what: "close goes before keep-alive",
    bytes: withFields("Connection: close, keep-alive\r\n"),
    head: { keepAlive: false },
  },
  {
    what: "close in a second Connection field",
    bytes: withFields("Connection: x\r\nConnection: ,close,\r\n"),
    head: { keepAlive: false },
  },
  {
    what: "what Connection names is removed (CVE-2021-32813)",
    bytes: withFields(
      "X-A: 2\r\nx-a: 3\r\nB: 4\r\nConnection: X-B, x-a, authorization, host, content-length\r\nAuthorization: z\r\nContent-Length: 0\r\n",
    ),
    head: { authority: "a", bodyLength: 0 },
    fields: ["b", "4"],
  },
  {
    what: "what a proxy says of its client cannot be named away",
    bytes: withFields(
      "X-Forwarded-For: 1\r\nforwarded: for=b\r\nA: 2\r\nConnection: x-forwarded-for, Forwarded, a\r\n",
    ),
    head: { authority: "a" },
    fields: ["x-forwarded-for", "1", "forwarded", "for=b"],
  },
  {
    what: "fields of one connection are removed",
    bytes: withFields(
      "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nB: 1\r\n",
    ),
    head: { upgrade: "", keepAlive: true },
    fields: ["b", "1"],
  },
  {
    what: "Upgrade that Connection names",
    bytes: withFields("Connection: Upgrade\r\nUpgrade: WebSocket\r\n", "GET"),
    head: { upgrade: "websocket" },
    fields: [],
  },
  {
    what: "Upgrade in HTTP/1.0 means nothing",
    bytes: "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    head: { upgrade: "" },
  },
  {
    what: "order and repetition of fields are kept, names in lower case",
    bytes: withFields("Cookie: a=1\r\nX-B: 2\r\ncookie: c=3\r\n"),
    head: {},
    fields: ["cookie", "a=1", "x-b", "2", "cookie", "c=3"],
  },
  {
    what: "white space around values is taken off",
    bytes: withFields("A: \t b \t c\t \r\nD:e\r\nF:\r\nG: \t\r\n"),
    head: {},
    fields: ["a", "b \t c", "d", "e", "f", "", "g", ""],
  },
  {
    what: "obs-text is kept as latin1",
    bytes: withFields("A: \xe9\xa0\xff\r\n"),
    head: {},
    fields: ["a", "\xe9\xa0\xff"],
  },
  {
    what: "names that objects have",
    bytes: withFields("constructor: 1\r\ntoString: 2\r\n"),
    head: {},
    fields: ["constructor", "1", "tostring", "2"],
  },
  {
    what: "Content-Length",
    bytes: `${withFields("Content-Length: 5\r\n")}hello`,
    head: { bodyLength: 5 },
    fields: [],
    body: "hello",
  },
  {
    what: "Content-Length with zeros before it",
    bytes: `${withFields("Content-Length: 005\r\n")}hello`,
    head: { bodyLength: 5 },
    body: "hello",
  },
  {
    what: "Content-Length: 0",
    bytes: withFields("Content-Length: 0\r\n"),
    head: { bodyLength: 0 },
    body: "",
  },
  {
    what: "a body of GET",
    bytes: `${withFields("Content-Length: 2\r\n", "GET")}ab`,
    head: { bodyLength: 2 },
    body: "ab",
  },
  {
    what: "chunks",
    bytes: chunked("5\r\nhello\r\n0A\r\n, chunked!\r\n0\r\n\r\n"),
    head: { bodyLength: -1 },
    body: "hello, chunked!",
  },
  { what: "a chunked body that is empty", bytes: chunked("00\r\n\r\n"), head: { bodyLength: -1 }, body: "" },
  {
    what: "sizes in either case",
    bytes: chunked(`a\r\n${"x".repeat(10)}\r\nB\r\n${"y".repeat(11)}\r\n0\r\n\r\n`),
    head: {},
    body: `${"x".repeat(10)}${"y".repeat(11)}`,
  },
  {
    what: "chunks that look like a request",
    bytes: chunked("12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"),
    head: {},
    body: "GET / HTTP/1.1\r\n\r\n",
  },
  {
    what: "trailers, without those that could change what was decided",
    bytes: chunked(
      "1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: b\r\nAuthorization: c\r\nCookie: d\r\nX-Forwarded-For: e\r\nIf-Match: f\r\nGrpc-Status: 0\r\n\r\n",
    ),
    head: {},
    body: "a",
    trailers: ["x-sum", "1", "grpc-status", "0"],
  },
  {
    what: "Expect: 100-continue",
    bytes: `${withFields("Expect: 100-Continue\r\nContent-Length: 1\r\n")}a`,
    head: { expectContinue: true },
    fields: [],
    body: "a",
  },
  {
    what: "Expect without a body",
    bytes: withFields("Expect: 100-continue\r\n"),
    head: { expectContinue: false },
  },
  {
    what: "Expect in HTTP/1.0",
    bytes: "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
    head: { expectContinue: false },
    body: "a",
  },
  {
    what: "one Content-Type",
    bytes: withFields("Content-Type: a/b; c=d\r\n"),
    head: {},
    fields: ["content-type", "a/b; c=d"],
  },
  {
    what: "one Authorization",
    bytes: withFields("Authorization: Bearer x\r\n"),
    head: {},
    fields: ["authorization", "Bearer x"],
  },
];
