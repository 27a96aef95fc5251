/** Bytes that come only once something was answered: what then is a body, and what a request. */
import { chunked, get, HOST, post, type Threat } from "./client-case.ts";

const HIDDEN = get("/hidden", "X: hidden\r\n");
const OF_HIDDEN = `Content-Length: ${HIDDEN.length}\r\n`;
const EXPECT = "Expect: 100-continue\r\n";
const inChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

/** Desync by a pause (CVE-2022-23943 and its kin): a timeout or a refusal that leaves a body on the connection. */
export const PAUSES: readonly Threat[] = [
  {
    threat: "what comes behind 100 is the body",
    cases: [
      {
        what: "a request where a body was announced",
        bytes: post("/a", EXPECT + OF_HIDDEN),
        later: HIDDEN + get("/b"),
        answers: ["ok", "ok"],
        seen: [{ method: "POST", target: "/a", body: HIDDEN }, { target: "/b" }],
      },
      {
        what: "the same in a chunk",
        bytes: chunked("/a", "", EXPECT),
        later: inChunk(HIDDEN) + get("/b"),
        answers: ["ok", "ok"],
        seen: [{ target: "/a", body: HIDDEN }, { target: "/b" }],
      },
      {
        what: "of a GET",
        bytes: get("/a", EXPECT + OF_HIDDEN),
        later: HIDDEN,
        answers: ["ok"],
        seen: [{ method: "GET", target: "/a", body: HIDDEN }],
      },
      {
        what: "of a HEAD",
        bytes: `HEAD /a HTTP/1.1\r\n${HOST}${EXPECT}${OF_HIDDEN}\r\n`,
        later: HIDDEN,
        answers: ["ok"],
        seen: [{ method: "HEAD", target: "/a", body: HIDDEN }],
      },
      {
        what: "chunks that are none",
        bytes: chunked("/a", "", EXPECT),
        later: HIDDEN,
        answers: ["http.bad_chunk"],
        begun: "POST /a",
      },
      {
        what: "chunks of more than a body may have",
        bytes: chunked("/a", "", EXPECT),
        later: `800\r\n${"x".repeat(0x800)}\r\n0\r\n\r\n`,
        answers: ["http.body_too_large"],
        begun: "POST /a",
      },
    ],
  },
  {
    threat: "what comes behind a refusal",
    cases: [
      {
        what: "a policy's: the body that was announced is no request",
        bytes: post("/admin/x", OF_HIDDEN),
        later: HIDDEN + get("/b"),
        answers: ["jwt.missing", "ok"],
        seen: [{ target: "/b" }],
      },
      {
        what: "half of the body before it, half behind",
        bytes: post("/admin/x", OF_HIDDEN, HIDDEN.slice(0, 10)),
        later: HIDDEN.slice(10),
        answers: ["jwt.missing"],
      },
      {
        what: "a policy's, with chunks: nothing more is read",
        bytes: chunked("/admin/x", ""),
        later: inChunk(HIDDEN),
        answers: ["jwt.missing"],
        ends: true,
      },
      {
        what: "a policy's, where 100 was asked for: body or request, it is neither",
        bytes: post("/admin/x", EXPECT + OF_HIDDEN),
        later: HIDDEN,
        answers: ["jwt.missing"],
        ends: true,
      },
      {
        what: "an expectation that nobody has",
        bytes: post("/a", `Expect: y\r\n${OF_HIDDEN}`),
        later: HIDDEN,
        answers: ["http.expectation_failed"],
      },
      {
        what: "both framings",
        bytes: post("/a", `${OF_HIDDEN}Transfer-Encoding: chunked\r\n`),
        later: HIDDEN,
        answers: ["http.bad_framing"],
      },
      {
        what: "a body that is too large",
        bytes: post("/a", "Content-Length: 2000\r\n"),
        later: HIDDEN.repeat(100).slice(0, 2000) + get("/b"),
        answers: ["http.body_too_large", "ok"],
        seen: [{ target: "/b" }],
        ends: false,
      },
      {
        what: "the answer to a request that closes",
        bytes: get("/a", "Connection: close\r\n"),
        later: HIDDEN,
        answers: ["ok"],
        seen: [{ target: "/a" }],
        ends: true,
      },
      {
        what: "the preface of HTTP/2, behind an upgrade that was not taken",
        bytes: get(
          "/a",
          "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ),
        later: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        answers: ["ok", "http.version_not_supported"],
        seen: [{ target: "/a", fields: { "http2-settings": null } }],
      },
      {
        what: "frames of a WebSocket that nobody opened",
        bytes: get(
          "/a",
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        ),
        later: "\x81\x80\0\0\0\0",
        answers: ["ok", "http.bad_request_line"],
        seen: [{ target: "/a" }],
      },
    ],
  },
];

/** 0.CL, CL.0 and TE.0 by a service that answers a head, and would take the body for the next request. */
export const EARLY_ANSWERS: Threat = {
  threat: "a service that answers before the body: its connection is used no more",
  cases: [
    {
      what: "a length",
      bytes: post("/early", OF_HIDDEN),
      later: HIDDEN + get("/b"),
      answers: ["ok", "ok"],
      begun: "POST /early",
      seen: [{ target: "/b" }],
    },
    {
      what: "half of the body has gone on",
      bytes: post("/early", OF_HIDDEN, HIDDEN.slice(0, 10)),
      later: HIDDEN.slice(10) + get("/b"),
      answers: ["ok", "ok"],
      begun: "POST /early",
      seen: [{ target: "/b" }],
    },
    {
      what: "chunks",
      bytes: chunked("/early", ""),
      later: inChunk(HIDDEN) + get("/b"),
      answers: ["ok", "ok"],
      begun: "POST /early",
      seen: [{ target: "/b" }],
    },
    {
      what: "a chunk of which half has gone on",
      bytes: chunked("/early", inChunk(HIDDEN).slice(0, 20)),
      later: inChunk(HIDDEN).slice(20) + get("/b"),
      answers: ["ok", "ok"],
      begun: "POST /early",
      seen: [{ target: "/b" }],
    },
    {
      what: "chunks that turn out to be none",
      bytes: chunked("/early", ""),
      later: HIDDEN,
      answers: ["ok"],
      begun: "POST /early",
      ends: true,
    },
    {
      what: "the body of a GET",
      bytes: get("/early", OF_HIDDEN),
      later: HIDDEN,
      answers: ["ok"],
      begun: "GET /early",
    },
    {
      what: "the body of a HEAD",
      bytes: `HEAD /early HTTP/1.1\r\n${HOST}${OF_HIDDEN}\r\n`,
      later: HIDDEN,
      answers: ["ok"],
      begun: "HEAD /early",
    },
    {
      what: "a client that closes",
      bytes: post("/early", `Connection: close\r\n${OF_HIDDEN}`),
      later: HIDDEN,
      answers: ["ok"],
      begun: "POST /early",
      ends: true,
    },
  ],
};
