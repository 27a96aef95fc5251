/** Where a message ends: everything that has made two servers count the bytes of one request differently. */
import { chunked, get, passed, post, refused, type ClientCase, type Threat } from "./client-case.ts";

const framing = "http.bad_framing";
const header = "http.bad_header";
const coding = "http.unsupported_transfer_coding";

const HIDDEN = get("/hidden", "X: hidden\r\n");

/** Bytes that some take for white space, for nothing, or for the end of a line. */
const STRANGE: readonly (readonly [name: string, byte: string])[] = [
  ["NUL", "\0"],
  ["a backspace", "\x08"],
  ["a vertical tab", "\x0b"],
  ["a form feed", "\x0c"],
  ["an escape", "\x1b"],
  ["a unit separator", "\x1f"],
  ["DEL", "\x7f"],
];

/** Fields that state a length, with one strange byte somewhere. */
const beside: ClientCase[] = STRANGE.flatMap(([name, byte]) => [
  refused(
    `${name} before the name Transfer-Encoding`,
    post("/a", `${byte}Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${HIDDEN}`),
    header,
  ),
  refused(
    `${name} behind the name Transfer-Encoding`,
    post("/a", `Transfer-Encoding${byte}: chunked\r\n`, `0\r\n\r\n${HIDDEN}`),
    header,
  ),
  refused(
    `${name} before chunked`,
    post("/a", `Transfer-Encoding: ${byte}chunked\r\n`, `0\r\n\r\n${HIDDEN}`),
    header,
  ),
  refused(
    `${name} behind chunked`,
    post("/a", `Transfer-Encoding: chunked${byte}\r\n`, `0\r\n\r\n${HIDDEN}`),
    header,
  ),
  refused(`${name} in a Content-Length`, post("/a", `Content-Length: 1${byte}\r\n`, `x${HIDDEN}`), header),
]);

export const FRAMING: readonly Threat[] = [
  {
    threat: "Content-Length with Transfer-Encoding",
    cases: [
      refused(
        "CL.TE: the length ends before the hidden request",
        post("/a", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\nG${HIDDEN}`),
        framing,
      ),
      refused(
        "TE.CL: the chunks end behind it",
        post("/a", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", `5c\r\n${HIDDEN}`),
        framing,
      ),
      refused(
        "TE.TE: a second coding that nobody has",
        post("/a", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", `0\r\n\r\n${HIDDEN}`),
        framing,
      ),
      refused(
        "TE.TE: the unknown one first",
        post("/a", "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`),
        framing,
      ),
      refused(
        "a length of zero",
        post("/a", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`),
        framing,
      ),
      refused(
        "far apart",
        post(
          "/a",
          `Content-Length: 3\r\n${"X: y\r\n".repeat(10)}Transfer-Encoding: chunked\r\n`,
          "0\r\n\r\n",
        ),
        framing,
      ),
      refused(
        "names in odd cases",
        post("/a", "cOnTeNt-LeNgTh: 3\r\ntRANSFER-eNCODING: chunked\r\n", "0\r\n\r\n"),
        framing,
      ),
      refused("of a GET", get("/a", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), framing),
      refused(
        "the coding named away by Connection",
        post(
          "/a",
          "Connection: Transfer-Encoding\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "0\r\n\r\n",
        ),
        framing,
      ),
      refused(
        "the length named away by Connection",
        post(
          "/a",
          "Connection: Content-Length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "0\r\n\r\n",
        ),
        framing,
      ),
    ],
  },
  {
    threat: "a Transfer-Encoding that is not exactly chunked",
    cases: [
      ...beside,
      refused(
        "a no-break space before chunked",
        post("/a", "Transfer-Encoding: \xa0chunked\r\n", "0\r\n\r\n"),
        framing,
      ),
      refused(
        "obs-text behind chunked",
        post("/a", "Transfer-Encoding: chunked\xff\r\n", "0\r\n\r\n"),
        framing,
      ),
      refused(
        "the value on the next line",
        post("/a", "Transfer-Encoding:\r\n\tchunked\r\n", "0\r\n\r\n"),
        header,
      ),
      refused("folded in its middle", post("/a", "Transfer-Encoding: chu\r\n nked\r\n", "0\r\n\r\n"), header),
      refused(
        "a field whose value ends with it",
        post("/a", "X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        header,
      ),
      refused("behind a bare CR", post("/a", "X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), header),
      refused(
        "a name with an underscore",
        post("/a", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        header,
      ),
      refused(
        "a hyphen of Unicode's in the name",
        post("/a", "Transfer\xe2\x80\x90Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`),
        header,
      ),
      refused(
        "a name that a Kelvin sign or a long s would spell",
        post("/a", "Tran\xc5\xbffer-Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`),
        header,
      ),
      refused(
        "compress before chunked",
        post("/a", "Transfer-Encoding: compress, chunked\r\n", "0\r\n\r\n"),
        framing,
      ),
      refused(
        "chunked before identity",
        post("/a", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        framing,
      ),
      refused("trailers", post("/a", "Transfer-Encoding: trailers\r\n", "0\r\n\r\n"), coding),
      refused("deflate", post("/a", "Transfer-Encoding: deflate\r\n", "0\r\n\r\n"), coding),
      refused("chunke", post("/a", "Transfer-Encoding: chunke\r\n", "0\r\n\r\n"), coding),
      refused("in apostrophes", post("/a", "Transfer-Encoding: 'chunked'\r\n", "0\r\n\r\n"), coding),
      refused(
        "in HTTP/1.0 with a length",
        "POST /a HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        framing,
      ),
      refused(
        "in HTTP/1.0 that is kept",
        "POST /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        framing,
      ),
      passed(
        "white space that may be there",
        post("/a", "Transfer-Encoding: \t chunked \t\r\n", "1\r\nx\r\n0\r\n\r\n"),
        { method: "POST", target: "/a", body: "x" },
      ),
      passed(
        "a name that only looks like it",
        post("/a", "X-Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "x"),
        { target: "/a", body: "x", fields: { "x-transfer-encoding": "chunked", "transfer-encoding": null } },
      ),
    ],
  },
  {
    threat: "a Content-Length that is not one number",
    cases: [
      refused("a number, a comma and nothing", post("/a", "Content-Length: 1,\r\n", "x"), framing),
      refused("a semicolon", post("/a", "Content-Length: 1;\r\n", "x"), framing),
      refused("in quotes", post("/a", 'Content-Length: "1"\r\n', "x"), framing),
      refused("octal with a prefix", post("/a", "Content-Length: 0o1\r\n", "x"), framing),
      refused("full-width digits", post("/a", "Content-Length: \xef\xbc\x91\r\n", "x"), framing),
      refused("letters behind digits", post("/a", "Content-Length: 1abc\r\n", "x"), framing),
      refused("NaN", post("/a", "Content-Length: NaN\r\n", "x"), framing),
      refused("infinity", post("/a", "Content-Length: Infinity\r\n", "x"), framing),
      refused("minus zero", post("/a", "Content-Length: -0\r\n"), framing),
      refused("a hundred digits", post("/a", `Content-Length: ${"9".repeat(100)}\r\n`), framing),
      refused("a fold between digits", post("/a", "Content-Length: 1\r\n 0\r\n", "x"), header),
      refused(
        "three fields",
        post("/a", "Content-Length: 1\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "x"),
        framing,
      ),
      refused("one valid, one empty", post("/a", "Content-Length: 1\r\nContent-Length:\r\n", "x"), framing),
      refused("of a GET, twice", get("/a", "Content-Length: 0\r\nContent-Length: 0\r\n"), framing),
      refused("of HTTP/1.0, a list", "POST /a HTTP/1.0\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", framing),
      passed("a tab before it", post("/a", "Content-Length:\t1\r\n", "x"), {
        target: "/a",
        body: "x",
        fields: { "content-length": "1" },
      }),
      passed("zeros before it are one number, written anew", post("/a", "Content-Length: 0000001\r\n", "x"), {
        target: "/a",
        body: "x",
        fields: { "content-length": "1" },
      }),
      passed(
        "a name that only looks like it",
        post("/a", "Content-Lengths: 9\r\nContent-Length: 1\r\n", "x"),
        { target: "/a", body: "x", fields: { "content-lengths": "9" } },
      ),
    ],
  },
  {
    threat: "what stands in a body is no request, and what stands behind it is one",
    cases: [
      passed(
        "a request in a body with a length",
        post("/a", `Content-Length: ${HIDDEN.length}\r\n`, HIDDEN),
        { target: "/a", body: HIDDEN },
      ),
      passed(
        "a request in a chunk",
        chunked("/a", `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`),
        { target: "/a", body: HIDDEN },
      ),
      passed("the end of a chunked body in a chunk", chunked("/a", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"), {
        target: "/a",
        body: "0\r\n\r\n",
      }),
      passed("a request in the body of a GET", get("/a", `Content-Length: ${HIDDEN.length}\r\n`) + HIDDEN, {
        method: "GET",
        target: "/a",
        body: HIDDEN,
      }),
      passed(
        "a request in the body of a HEAD",
        `HEAD /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
        { method: "HEAD", target: "/a", body: HIDDEN },
      ),
      passed(
        "a request in the chunked body of a DELETE",
        `DELETE /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
        { method: "DELETE", target: "/a", body: HIDDEN },
      ),
      passed("a request in the value of a field", get("/a", "X: GET /hidden HTTP/1.1\r\n"), {
        target: "/a",
        fields: { x: "GET /hidden HTTP/1.1" },
      }),
      {
        what: "0.CL: nothing of the body has come, and what comes is its body",
        bytes: `${post("/a", `Content-Length: ${get("/b").length}\r\n`)}${get("/b")}${get("/c")}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: get("/b") }, { target: "/c" }],
      },
      {
        what: "CL.0: a length of zero, and a request behind it",
        bytes: `${post("/a", "Content-Length: 0\r\n")}${HIDDEN}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: "" }, { target: "/hidden" }],
      },
      {
        what: "TE.0: a body of no chunks, and a request behind it",
        bytes: `${chunked("/a", "0\r\n\r\n")}${HIDDEN}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: "" }, { target: "/hidden" }],
      },
      {
        what: "a GET without a length, and what looks like its body",
        bytes: `${get("/a")}${post("/b", "Content-Length: 1\r\n", "x")}`,
        answers: ["ok", "ok"],
        seen: [
          { target: "/a", body: "" },
          { method: "POST", target: "/b", body: "x" },
        ],
      },
      {
        what: "a POST without any length has no body",
        bytes: `${post("/a", "")}${get("/b")}`,
        answers: ["ok", "ok"],
        seen: [
          { method: "POST", target: "/a", body: "", fields: { "content-length": "0" } },
          { target: "/b" },
        ],
      },
      {
        what: "CR LF behind a body, which old clients send",
        bytes: `${post("/a", "Content-Length: 1\r\n", "x")}\r\n${get("/b")}`,
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: "x" }, { target: "/b" }],
      },
      {
        what: "one byte more than the length is no request",
        bytes: `${post("/a", "Content-Length: 1\r\n", "x")}\0`,
        answers: ["ok", "http.bad_request_line"],
        seen: [{ target: "/a", body: "x" }],
      },
      {
        what: "a length that cuts a request in two",
        bytes: `${post("/a", "Content-Length: 3\r\n", "GET")} /b HTTP/1.1\r\nHost: a\r\n\r\n`,
        answers: ["ok", "http.bad_request_line"],
        seen: [{ target: "/a", body: "GET" }],
      },
    ],
  },
];
