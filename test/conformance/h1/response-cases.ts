import type { ResponseOptions } from "./readings.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** Answers of a service that are refused, each as `service.bad_response`: `[what, bytes]`. */
export const REFUSED_RESPONSES: readonly (readonly [
  what: string,
  bytes: string,
  options?: ResponseOptions,
])[] = [
  ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"],
  ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
  ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["HTTP/0.9", "<html>"],
  ["lower-case http", "http/1.1 200 OK\r\n\r\n"],
  ["an empty line before the status line", `\r\n${OK}\r\n`],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a status beyond 599", "HTTP/1.1 600 OK\r\n\r\n"],
  ["a status line that ends with LF", "HTTP/1.1 200 OK\n\n"],
  ["a control byte in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"],
  ["a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"],
  ["a letter behind the status", "HTTP/1.1 200b OK\r\n\r\n"],
  ["no status", "HTTP/1.1 OK\r\n\r\n"],
  ["half a version", "HTTP/1. 200 OK\r\n\r\n"],
  ["a bare CR for the status line's end", `HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n`],
  ["an empty line before the next response", `HTTP/1.1 100 Continue\r\n\r\n\r\n${OK}\r\n`],
  ["a field without a name", `${OK}: b\r\n\r\n`],
  ["a field's name with a space", `${OK}A B: c\r\n\r\n`],
  ["a field without a colon", `${OK}A\r\n\r\n`],
  ["a folded field before the first", `${OK} A: b\r\n\r\n`],
  ["a folded Transfer-Encoding", `${OK}Transfer-Encoding: chunked\r\n gzip\r\n\r\n0\r\n\r\n`],
  ["a folded field", `${OK}A: b\r\n c\r\n\r\n`],
  ["a space before the colon", `${OK}Content-Length : 5\r\n\r\nhello`],
  ["a bare LF in a value: response splitting", `${OK}A: b\nSet-Cookie: c\r\n\r\n`],
  ["NUL in a value", `${OK}A: \0\r\n\r\n`],
  ["Content-Length and Transfer-Encoding", `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ["two Content-Lengths", `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["a list as Content-Length", `${OK}Content-Length: 5, 5\r\n\r\nhello`],
  ["a signed Content-Length", `${OK}Content-Length: -1\r\n\r\n`],
  ["a Content-Length with a unit", `${OK}Content-Length: 5b\r\n\r\n`],
  ["a bad Content-Length of an answer to HEAD", `${OK}Content-Length: x\r\n\r\n`, { method: "HEAD" }],
  ["gzip as Transfer-Encoding", `${OK}Transfer-Encoding: gzip\r\n\r\n`],
  ["a list as Transfer-Encoding", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ["a coding behind chunked", `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n`],
  ["chunked twice in one word", `${OK}Transfer-Encoding: chunkedchunked\r\n\r\n0\r\n\r\n`],
  ["chunked behind obs-text", `${OK}Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n`],
  [
    "chunked, then identity",
    `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  ],
  [
    "two statements of a HEAD's body",
    `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    { method: "HEAD" },
  ],
  [
    "two statements of a 204's body",
    "HTTP/1.1 204 No\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["two statements of a 304's body", "HTTP/1.1 304 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  [
    "an interim response with a body",
    `HTTP/1.1 103 Hints\r\nContent-Length: 2\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  ],
  [
    "an interim response with chunks",
    `HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  ],
  ["Transfer-Encoding twice", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ["Transfer-Encoding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["a chunk extension", `${OK}Transfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\n\r\n`],
  ["a chunk longer than its size", `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with LF", `${OK}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`],
  ["an empty chunk size", `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n\r\n`],
  ["a chunk that ends with CR alone", `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r0\r\n\r\n`],
  ["101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  ["an interim response of HTTP/1.0", `HTTP/1.0 103 Early Hints\r\n\r\n${OK}Content-Length: 0\r\n\r\n`],
  ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17)],
  ["the end before the head", "HTTP/1.1 200", { fin: true }],
  ["the end before anything", "", { fin: true }],
  ["the end within a counted body", `${OK}Content-Length: 5\r\n\r\nhell`, { fin: true }],
  ["the end within a chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhell`, { fin: true }],
  ["the end before the last chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, { fin: true }],
  ["the end within trailers", `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n`, { fin: true }],
  [
    "a head one byte too large",
    `${OK}A: ${"x".repeat(489)}\r\n\r\n`,
    { limits: { headBytes: 512, headerCount: 8 } },
  ],
  ["one field too many", `${OK}${"A: b\r\n".repeat(9)}\r\n`, { limits: { headBytes: 512, headerCount: 8 } }],
];

export interface AcceptedResponse extends ResponseOptions {
  readonly what: string;
  readonly bytes: string;
  readonly status?: number;
  readonly fields?: readonly string[];
  readonly bodyLength?: number;
  readonly body?: string;
  readonly trailers?: readonly string[];
  readonly interim?: readonly number[];
  readonly surplus?: string;
}

export const ACCEPTED_RESPONSES: readonly AcceptedResponse[] = [
  {
    what: "a counted body",
    bytes: `${OK}Content-Length: 5\r\nX-A: b\r\n\r\nhello`,
    status: 200,
    fields: ["x-a", "b"],
    bodyLength: 5,
    body: "hello",
  },
  { what: "an empty body", bytes: `${OK}Content-Length: 0\r\n\r\n`, bodyLength: 0, body: "" },
  { what: "bytes behind the body", bytes: `${OK}Content-Length: 2\r\n\r\nhello`, body: "he", surplus: "llo" },
  {
    what: "chunks with trailers",
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nGrpc-Status: 0\r\nSet-Cookie: a\r\n\r\n`,
    bodyLength: -1,
    body: "hello",
    trailers: ["grpc-status", "0"],
  },
  { what: "chunked in another case", bytes: `${OK}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`, body: "" },
  {
    what: "bytes behind the chunks",
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP`,
    body: "",
    surplus: "HTTP",
  },
  { what: "a body until the end", bytes: `${OK}\r\nhello`, fin: true, bodyLength: -1, body: "hello" },
  { what: "an empty body until the end", bytes: "HTTP/1.0 200 OK\r\n\r\n", fin: true, body: "" },
  { what: "a counted body of HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", body: "hi" },
  { what: "HEAD", bytes: `${OK}Content-Length: 5\r\n\r\n`, method: "HEAD", bodyLength: 5, body: "" },
  {
    what: "HEAD of a chunked body",
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    method: "HEAD",
    bodyLength: -1,
    body: "",
  },
  {
    what: "HEAD answered with a body",
    bytes: `${OK}Content-Length: 5\r\n\r\nhello`,
    method: "HEAD",
    body: "",
    surplus: "hello",
  },
  { what: "204", bytes: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, bodyLength: 0, body: "" },
  {
    what: "204 with a body",
    bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
    bodyLength: 0,
    body: "",
    surplus: "hello",
  },
  {
    what: "304",
    bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    status: 304,
    bodyLength: 5,
    body: "",
  },
  {
    what: "100 is swallowed",
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    status: 200,
    interim: [],
  },
  {
    what: "100 that states an empty body",
    bytes: `HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    status: 200,
    interim: [],
  },
  {
    what: "103 is told",
    bytes: `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    status: 200,
    interim: [103],
  },
  { what: "no reason", bytes: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", status: 200 },
  { what: "no reason and no space", bytes: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", status: 200 },
  {
    what: "a reason beyond ASCII",
    bytes: "HTTP/1.1 200 \xe9t\xe9\r\nContent-Length: 0\r\n\r\n",
    status: 200,
  },
  {
    what: "underscored names are the service's own affair",
    bytes: `${OK}X_A: b\r\nContent-Length: 0\r\n\r\n`,
    fields: ["x_a", "b"],
  },
  {
    what: "fields of the connection are removed",
    bytes: `${OK}Connection: keep-alive, X-A\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n`,
    fields: ["set-cookie", "a", "set-cookie", "b"],
  },
  {
    what: "a head of just the limit",
    bytes: `${OK}A: ${"x".repeat(488)}\r\n\r\n`,
    limits: { headBytes: 512, headerCount: 8 },
    fin: true,
    body: "",
  },
];
