/** Answers that come at the wrong time, or to another request than was asked: interim ones, early ones, bodies where there is none. */
import {
  broken,
  chunked,
  cut,
  EVIL,
  lastOne,
  OK,
  passed,
  refused,
  WHOLE,
  type ServiceThreat,
} from "./service-case.ts";

const interim = (status: number, fields = ""): string => `HTTP/1.1 ${status} Interim\r\n${fields}\r\n`;
const POSTS = ["POST of which half has come", "chunked POST of which half has come"] as const;

export const TURNS: readonly ServiceThreat[] = [
  {
    threat: "interim answers",
    cases: [
      passed("100 is the gateway's", interim(100) + WHOLE, { body: "ok" }),
      passed("100 with fields", interim(100, "Set-Cookie: evil=1\r\n") + WHOLE, {
        body: "ok",
        fields: { "set-cookie": [] },
      }),
      passed("102 goes on", interim(102) + WHOLE, { body: "ok", interims: [102] }),
      passed("103 goes on", interim(103, "Link: </a>\r\n") + WHOLE, { body: "ok", interims: [103] }),
      passed("one that nobody knows", interim(199) + WHOLE, { body: "ok", interims: [199] }),
      passed("several", interim(103) + interim(100) + interim(102) + WHOLE, {
        body: "ok",
        interims: [103, 102],
      }),
      passed(
        "fields of the connection in one",
        interim(103, "Connection: x-a\r\nX-A: 1\r\nKeep-Alive: 5\r\n") + WHOLE,
        {
          body: "ok",
          interims: [103],
        },
      ),
      passed(
        "none for a client of HTTP/1.0",
        interim(103) + interim(102) + WHOLE,
        { body: "ok" },
        { asks: "GET of HTTP/1.0" },
      ),
      passed(
        "before an answer to HEAD",
        interim(103) + `${OK}Content-Length: 5\r\n\r\n`,
        { interims: [103] },
        { asks: "HEAD" },
      ),
      passed("16, the bound", interim(100).repeat(16) + WHOLE, { body: "ok" }),
      refused("17", interim(100).repeat(17) + WHOLE),
      refused(
        "101 that nobody asked for",
        interim(101, "Connection: upgrade\r\nUpgrade: websocket\r\n") + "evil",
      ),
      refused("101 without a protocol", interim(101) + WHOLE),
      refused("101 behind 100", interim(100) + interim(101) + WHOLE),
      refused("one of HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\n" + WHOLE),
      refused("one with LF", "HTTP/1.1 100 Continue\n\n" + WHOLE),
      refused("one with a bad length", interim(100, "Content-Length: -1\r\n") + WHOLE),
      refused(
        "one with a length and a coding",
        interim(100, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + WHOLE,
      ),
      refused("one with a body", interim(100, "Content-Length: 5\r\n") + "hello" + WHOLE),
      refused("103 with a body", interim(103, "Content-Length: 5\r\n") + "hello" + WHOLE),
      refused("one with chunks", interim(100, "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + WHOLE),
      refused(
        "a length, and the answer as the body",
        interim(100, `Content-Length: ${EVIL.length}\r\n`) + EVIL + WHOLE,
      ),
      passed("a length of 0", interim(100, "Content-Length: 0\r\n") + WHOLE, { body: "ok" }),
      broken("one, and nothing more", interim(100), "fin"),
    ],
  },
  {
    threat: "bodies where there is none",
    cases: [
      passed(
        "HEAD has its length",
        `${OK}Content-Length: 5\r\n\r\n`,
        { fields: { "content-length": ["5"] } },
        { asks: "HEAD" },
      ),
      passed(
        "HEAD has no length where it is chunked",
        chunked(""),
        { fields: { "content-length": [] } },
        { asks: "HEAD" },
      ),
      passed(
        "HEAD that says nothing of it",
        `${OK}\r\n`,
        { fields: { "content-length": [] } },
        { asks: "HEAD" },
      ),
      lastOne("HEAD with a body", `${OK}Content-Length: 4\r\n\r\nevil`, {}, { asks: "HEAD" }),
      lastOne("HEAD with chunks", chunked("4\r\nevil\r\n0\r\n\r\n"), {}, { asks: "HEAD" }),
      lastOne(
        "HEAD with an answer as its body",
        `${OK}Content-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
        {},
        { asks: "HEAD" },
      ),
      lastOne("HEAD of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", {}, { asks: "HEAD" }),
      passed(
        "HEAD whose body comes late",
        `${OK}Content-Length: ${EVIL.length}\r\n\r\n`,
        {},
        { asks: "HEAD", idle: EVIL },
      ),
      passed("204", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "" }),
      passed("204 of no length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", {
        status: 204,
        fields: { "content-length": [] },
      }),
      lastOne("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", { status: 204 }),
      lastOne("204 with a coding", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", {
        status: 204,
      }),
      lastOne("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", { status: 204 }),
      lastOne("204 with a body and no length", "HTTP/1.1 204 No Content\r\n\r\nevil", { status: 204 }),
      lastOne("204 with chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {
        status: 204,
      }),
      passed("304", 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', {
        status: 304,
        fields: { etag: ['"1"'], "content-length": [] },
      }),
      passed(
        "304 with the length of what it stands for",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        {
          status: 304,
          fields: { "content-length": ["5"] },
        },
      ),
      lastOne("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", {
        status: 304,
      }),
      passed(
        "304 whose body comes late",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
        { status: 304 },
        { idle: "evil" },
      ),
      passed("205 of no length", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", {
        status: 205,
        body: "",
      }),
      passed("an answer to DELETE", WHOLE, { body: "ok" }, { asks: "DELETE" }),
      passed("an answer to POST", WHOLE, { body: "ok" }, { asks: "POST" }),
    ],
  },
  {
    threat: "answers before the request is whole",
    cases: POSTS.flatMap((asks) => [
      lastOne(`200 to a ${asks}`, WHOLE, { body: "ok" }, { asks }),
      lastOne(
        `413 to a ${asks}`,
        "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
        { status: 413, body: "no" },
        { asks },
      ),
      lastOne(`chunks to a ${asks}`, chunked("2\r\nok\r\n0\r\n\r\n"), { body: "ok" }, { asks }),
      lastOne(`204 to a ${asks}`, "HTTP/1.1 204 No Content\r\n\r\n", { status: 204 }, { asks }),
      lastOne(`an answer and another to a ${asks}`, WHOLE + EVIL, { body: "ok" }, { asks }),
      lastOne(`an answer until the end to a ${asks}`, `${OK}\r\nok`, { body: "ok" }, { asks, after: "fin" }),
      refused(`a bad head to a ${asks}`, "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok", { asks }),
      refused(`101 to a ${asks}`, interim(101), { asks }),
      cut(`a bad chunk to a ${asks}`, chunked("2\r\nok\r\nx\r\n"), "ok", { asks }),
      cut(`half an answer, then fin, to a ${asks}`, `${OK}Content-Length: 2\r\n\r\no`, "o", {
        asks,
        after: "fin",
      }),
      cut(`half an answer, then reset, to a ${asks}`, chunked("2\r\nok\r\n"), "ok", { asks, after: "reset" }),
      broken(`nothing, then fin, to a ${asks}`, "", "fin", asks),
      broken(`nothing, then reset, to a ${asks}`, "", "reset", asks),
      lastOne(
        `103, then an answer, to a ${asks}`,
        interim(103) + WHOLE,
        { body: "ok", interims: [103] },
        { asks },
      ),
    ]),
  },
  {
    threat: "HTTP/1.0",
    cases: [
      lastOne("a length", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", { body: "ok" }),
      passed(
        "a length, and keep-alive",
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
        { body: "ok" },
      ),
      lastOne(
        "keep-alive and close",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok",
        { body: "ok" },
      ),
      passed(
        "chunks for a client of HTTP/1.0",
        chunked("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"),
        { body: "ok", fields: { "transfer-encoding": [] } },
        {
          asks: "GET of HTTP/1.0",
        },
      ),
      lastOne(
        "a body until the end for a client of HTTP/1.0",
        `${OK}\r\nok`,
        { body: "ok" },
        { asks: "GET of HTTP/1.0", after: "fin" },
      ),
      ...(["fin", "reset"] as const).flatMap((after) => [
        cut(`half a chunk, then ${after}, for a client of HTTP/1.0`, chunked("5\r\nhe"), "he", {
          asks: "GET of HTTP/1.0",
          after,
        }),
        cut(`no last chunk, then ${after}, for a client of HTTP/1.0`, chunked("5\r\nhello\r\n"), "hello", {
          asks: "GET of HTTP/1.0",
          after,
        }),
        cut(
          `half a length, then ${after}, for a client of HTTP/1.0`,
          `${OK}Content-Length: 5\r\n\r\nhe`,
          "he",
          {
            asks: "GET of HTTP/1.0",
            after,
          },
        ),
      ]),
      cut("a bad chunk for a client of HTTP/1.0", chunked("5\r\nhello\r\nx\r\n"), "hello", {
        asks: "GET of HTTP/1.0",
      }),
      cut("a body that a reset ends for a client of HTTP/1.0", `${OK}\r\nhello`, "hello", {
        asks: "GET of HTTP/1.0",
        after: "reset",
      }),
    ],
  },
];
