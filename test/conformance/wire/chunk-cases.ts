/** Where a chunk ends: extensions, sizes, ends of lines, and what may stand behind the last one. */
import { broken, chunked, get, passed, type Threat } from "./client-case.ts";

const header = "http.bad_header";
const chunk = "http.bad_chunk";

const HIDDEN = get("/hidden", "X: hidden\r\n");

export const CHUNKS: readonly Threat[] = [
  {
    threat: "bad chunks",
    cases: [
      broken("an extension with a request in it", chunked("/a", `5;x="\r\n${HIDDEN}`), chunk),
      broken(
        "TERM.EXT: a bare LF ends an extension",
        chunked("/a", `2;\nxx\r\n4c\r\n0\r\n\r\n${HIDDEN}`),
        chunk,
      ),
      broken("EXT.TERM: CR ends an extension", chunked("/a", `2;\rxx\r\n4c\r\n0\r\n\r\n${HIDDEN}`), chunk),
      broken(
        "TERM.SPILL: two bytes behind a chunk that are no CR LF",
        chunked("/a", "5\r\nhelloXX0\r\n\r\n"),
        chunk,
      ),
      broken("a byte in the place of CR behind a chunk", chunked("/a", "5\r\nhelloX\n0\r\n\r\n"), chunk),
      broken("ONE.TWO: one byte behind a chunk", chunked("/a", "5\r\nhello\n2;\r\nxx\r\n0\r\n\r\n"), chunk),
      broken("ZERO.TWO: nothing behind a chunk", chunked("/a", "5\r\nhello0\r\n\r\n"), chunk),
      broken("a space before an extension", chunked("/a", "1 ;a\r\nx\r\n0\r\n\r\n"), chunk),
      broken(
        "an extension of a megabyte",
        chunked("/a", `1;${"a".repeat(1_000_000)}\r\nx\r\n0\r\n\r\n`),
        chunk,
      ),
      broken("a size of 2^32", chunked("/a", "100000000\r\nx"), chunk),
      broken("a size of 2^64 and one", chunked("/a", "10000000000000001\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a size with an underscore", chunked("/a", "1_0\r\nx"), chunk),
      broken("a size in quotes", chunked("/a", '"1"\r\nx\r\n0\r\n\r\n'), chunk),
      broken("a size with a fraction", chunked("/a", "1.0\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a size behind a tab", chunked("/a", "\t1\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a size behind NUL", chunked("/a", "\x001\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a size and NUL", chunked("/a", "1\0\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a comma between sizes", chunked("/a", "1,1\r\nx\r\n0\r\n\r\n"), chunk),
      broken("CR CR LF behind a size", chunked("/a", "1\r\r\nx\r\n0\r\n\r\n"), chunk),
      broken("LF CR behind a size", chunked("/a", "1\n\rx\r\n0\r\n\r\n"), chunk),
      broken("an empty line before the size", chunked("/a", "\r\n1\r\nx\r\n0\r\n\r\n"), chunk),
      broken("a last chunk that ends with LF LF", chunked("/a", `0\n\n${HIDDEN}`), chunk),
      broken("a last chunk with a bare CR behind it", chunked("/a", "0\r\n\rx"), header),
      broken("a second chunk with an extension", chunked("/a", "1\r\nx\r\n1;a=b\r\ny\r\n0\r\n\r\n"), chunk),
      broken(
        "a size of all that 32 bits hold",
        chunked("/a", `ffffffff\r\n${"x".repeat(1025)}`),
        "http.body_too_large",
      ),
      broken(
        "more in all than a body may have",
        chunked("/a", `${"100\r\n" + "x".repeat(256)}\r\n`.repeat(5) + "0\r\n\r\n"),
        "http.body_too_large",
      ),
      broken("a second chunk of no size", chunked("/a", "1\r\nx\r\n\r\n0\r\n\r\n"), chunk),
      passed("sizes with zeros before them", chunked("/a", "00000001\r\nx\r\n00\r\n\r\n"), {
        target: "/a",
        body: "x",
      }),
      passed("chunks of one byte", chunked("/a", `${"1\r\nx\r\n".repeat(50)}0\r\n\r\n`), {
        target: "/a",
        body: "x".repeat(50),
      }),
      passed(
        "every byte there is",
        chunked(
          "/a",
          `100\r\n${String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))}\r\n0\r\n\r\n`,
        ),
        { target: "/a", body: String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)) },
      ),
    ],
  },
  {
    threat: "trailers",
    cases: [
      ...[
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Host: b",
        "Authorization: Bearer b",
        "Cookie: a=b",
        "Connection: close",
        "X-Forwarded-For: 1.2.3.4",
        "Forwarded: for=1.2.3.4",
        "Content-Type: b/c",
        "Content-Encoding: gzip",
        "X-User-Id: 1",
        "X-Request-Id: 1",
        "X-HTTP-Method-Override: DELETE",
        "Cache-Control: no-store",
        "If-Match: 1",
        "Range: bytes=0-1",
        "Upgrade: websocket",
        "Expect: 100-continue",
        "Trailer: x",
        "TE: trailers",
      ].map((line) =>
        passed(`${line} is dropped`, chunked("/a", `1\r\nx\r\n0\r\n${line}\r\nX-Sum: 1\r\n\r\n`), {
          target: "/a",
          body: "x",
          trailers: { "x-sum": "1", [line.slice(0, line.indexOf(":")).toLowerCase()]: null },
        }),
      ),
      passed("those of gRPC go on", chunked("/a", "0\r\nGrpc-Status: 0\r\nGrpc-Message: ok\r\n\r\n"), {
        target: "/a",
        trailers: { "grpc-status": "0", "grpc-message": "ok" },
      }),
      broken("a request in the place of trailers", chunked("/a", `0\r\n${HIDDEN}`), header),
      broken("a space before the colon", chunked("/a", "0\r\nX : y\r\n\r\n"), header),
      broken("NUL in a value", chunked("/a", "0\r\nX: \0\r\n\r\n"), header),
      broken("a bare CR in a value", chunked("/a", "0\r\nX: a\rb\r\n\r\n"), header),
      broken("LF LF at the end", chunked("/a", `0\r\nX: y\n\n${HIDDEN}`), header),
      broken("too many", chunked("/a", `0\r\n${"X: y\r\n".repeat(31)}\r\n`), "http.too_many_headers"),
      broken("too large", chunked("/a", `0\r\nX: ${"y".repeat(2000)}\r\n\r\n`), "http.head_too_large"),
    ],
  },
];
