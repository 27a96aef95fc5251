import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { canonicalAddress } from "../../lib/ip-address.ts";
import { INCOMPLETE, MALFORMED, ProxyHeaderParser } from "./header-parser.ts";
import { TCP4_BLOCK, TCP6_BLOCK, version2 } from "./testing.ts";

const BEHIND = Buffer.from("GET / HTTP/1.1\r\n\r\n");

/** Reads `bytes` in these pieces; the position is behind the header in `bytes`. */
function read(bytes: Buffer, ...cuts: readonly number[]): { position: number; address: string } {
  const parser = new ProxyHeaderParser();
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    const position = parser.parse(bytes, start, cut);
    if (position !== INCOMPLETE) return { position, address: parser.address };
    start = cut;
  }
  return { position: INCOMPLETE, address: parser.address };
}

/** The same however it is split: in two anywhere, and into single bytes. */
function readEveryWay(bytes: Buffer): { position: number; address: string } {
  const whole = read(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(read(bytes, cut), whole, `cut at ${cut}`);
  assert.deepEqual(read(bytes, ...bytes.keys()), whole);
  return whole;
}

const noise = (count: number): string => "ee".repeat(count);
const MAPPED_BLOCK = `00000000000000000000ffffcb007109${TCP6_BLOCK.slice(32)}`;

describe("the client's address is", () => {
  const headers: readonly [what: string, header: string | Buffer, address: string][] = [
    ["of a line with TCP4", "PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n", "203.0.113.9"],
    ["of a line with TCP6", "PROXY TCP6 2001:DB8::9 2001:db8::1 56324 443\r\n", "2001:db8::9"],
    ["of a line with a mapped address", "PROXY TCP6 ::ffff:203.0.113.9 ::1 56324 443\r\n", "203.0.113.9"],
    ["of a line with extreme ports", "PROXY TCP4 203.0.113.9 192.0.2.1 0 65535\r\n", "203.0.113.9"],
    ["the peer's, of a line with UNKNOWN", "PROXY UNKNOWN\r\n", ""],
    ["the peer's, of a line with UNKNOWN and what is ignored", "PROXY UNKNOWN 203.0.113.9 a b\r\n", ""],
    ["the peer's, of the longest line", `PROXY UNKNOWN ${"f".repeat(91)}\r\n`, ""],
    ["of a block with TCP4", version2({ family: 0x11, following: TCP4_BLOCK }), "203.0.113.9"],
    ["of a block with UDP4", version2({ family: 0x12, following: TCP4_BLOCK }), "203.0.113.9"],
    ["of a block with TCP6", version2({ family: 0x21, following: TCP6_BLOCK }), "2001:db8::9"],
    ["of a block with UDP6", version2({ family: 0x22, following: TCP6_BLOCK }), "2001:db8::9"],
    ["of a block with a mapped address", version2({ family: 0x21, following: MAPPED_BLOCK }), "203.0.113.9"],
    [
      "of a block with extensions",
      version2({ family: 0x11, following: `${TCP4_BLOCK}03000400000000${noise(300)}` }),
      "203.0.113.9",
    ],
    [
      "of a block with as many extensions as may be",
      version2({ family: 0x21, following: TCP6_BLOCK + noise(16 * 1024 - 36) }),
      "2001:db8::9",
    ],
    ["the peer's, of a unix socket's block", version2({ family: 0x31, following: noise(216) }), ""],
    ["the peer's, of another unix socket's block", version2({ family: 0x32, following: noise(220) }), ""],
    ["the peer's, of a block without a family", version2({ family: 0x00 }), ""],
    [
      "the peer's, of a block without a family, with noise",
      version2({ family: 0x00, following: noise(40) }),
      "",
    ],
    ["the peer's, of a LOCAL block", version2({ command: 0x20, family: 0x00 }), ""],
    [
      "the peer's, of a LOCAL block with an address",
      version2({ command: 0x20, family: 0x11, following: TCP4_BLOCK }),
      "",
    ],
    [
      "the peer's, of a LOCAL block of any family",
      version2({ command: 0x20, family: 0xff, following: "ee" }),
      "",
    ],
  ];
  for (const [what, header, address] of headers) {
    it(what, () => {
      const bytes = typeof header === "string" ? Buffer.from(header, "latin1") : header;
      const expected = { position: bytes.length, address };
      assert.deepEqual(read(bytes), expected);
      // A long one is split around what is read of it, and at some other places.
      if (bytes.length > 1000) {
        for (const cut of [1, 12, 15, 16, 17, 52, 106, 107, 108, 5000, bytes.length - 1])
          assert.deepEqual(read(Buffer.concat([bytes, BEHIND]), cut), expected);
        return;
      }
      assert.deepEqual(readEveryWay(bytes), expected);
      assert.deepEqual(readEveryWay(Buffer.concat([bytes, BEHIND])), expected);
      // Of a part nothing is said, and nothing is wrong.
      for (let end = 0; end < bytes.length; end++)
        assert.equal(read(bytes.subarray(0, end)).position, INCOMPLETE, `${end} bytes`);
    });
  }
});

const line = (text: string): Buffer => Buffer.from(text, "latin1");

describe("no header is", () => {
  const signature = version2({ family: 0x11, following: TCP4_BLOCK });
  const changed = (at: number, byte: number): Buffer => {
    const bytes = Buffer.from(signature);
    bytes[at] = byte;
    return bytes;
  };
  const mistakes: readonly [what: string, bytes: Buffer][] = [
    ["a request", line("GET / HTTP/1.1\r\n")],
    ["a request that begins with the same letter", line("POST / HTTP/1.1\r\n")],
    ["HTTP/2", line("PRI * HTTP/2.0\r\n")],
    ["TLS", Buffer.from("1603010200010001fc0303", "hex")],
    ["lower case", line("proxy TCP4 203.0.113.9 192.0.2.1 1 2\r\n")],
    ["no blank behind PROXY", line("PROXY\r\n")],
    ["no family", line("PROXY \r\n")],
    ["another family", line("PROXY UDP4 203.0.113.9 192.0.2.1 1 2\r\n")],
    ["a word that begins with UNKNOWN", line("PROXY UNKNOWNS\r\n")],
    ["unknown in lower case", line("PROXY unknown\r\n")],
    ["two blanks", line("PROXY TCP4  203.0.113.9 192.0.2.1 1 2\r\n")],
    ["a tab", line("PROXY TCP4\t203.0.113.9 192.0.2.1 1 2\r\n")],
    ["a blank at the end", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \r\n")],
    ["a blank at the beginning", line(" PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n")],
    ["a port missing", line("PROXY TCP4 203.0.113.9 192.0.2.1 1\r\n")],
    ["a port too many", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 2 3\r\n")],
    ["a port too high", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 65536\r\n")],
    ["a port with a zero before it", line("PROXY TCP4 203.0.113.9 192.0.2.1 01 2\r\n")],
    ["a port with a sign", line("PROXY TCP4 203.0.113.9 192.0.2.1 +1 2\r\n")],
    ["an address with a zero before it", line("PROXY TCP4 203.0.113.09 192.0.2.1 1 2\r\n")],
    ["half an address", line("PROXY TCP4 203.0.113 192.0.2.1 1 2\r\n")],
    ["a wrong destination", line("PROXY TCP4 203.0.113.9 192.0.2.256 1 2\r\n")],
    ["IPv6 as TCP4", line("PROXY TCP4 2001:db8::9 2001:db8::1 1 2\r\n")],
    ["IPv4 as TCP6", line("PROXY TCP6 203.0.113.9 192.0.2.1 1 2\r\n")],
    ["a mixture", line("PROXY TCP6 2001:db8::9 192.0.2.1 1 2\r\n")],
    ["a zone", line("PROXY TCP6 fe80::9%eth0 ::1 1 2\r\n")],
    ["brackets", line("PROXY TCP6 [2001:db8::9] [::1] 1 2\r\n")],
    ["a bare LF", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n")],
    ["a bare CR", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 2\rG")],
    ["two CRs", line("PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\r\n")],
    ["a NUL", line("PROXY UNKNOWN \0\r\n")],
    ["a letter beyond ASCII", line("PROXY UNKNOWN \u00e9\r\n")],
    ["one byte more than a line can have", line(`PROXY UNKNOWN ${"f".repeat(92)}\r\n`)],
    ["a line without an end", line(`PROXY UNKNOWN ${"f".repeat(200)}`)],
    ["another version", changed(12, 0x31)],
    ["version 1 in a block", changed(12, 0x11)],
    ["another command", changed(12, 0x22)],
    ["another family in a block", changed(13, 0x41)],
    ["another protocol in a block", changed(13, 0x13)],
    ["a family without a protocol", changed(13, 0x10)],
    ["a protocol without a family", changed(13, 0x01)],
    ...Array.from(
      { length: 12 },
      (_, at) => [`byte ${at} of the signature`, changed(at, signature[at]! ^ 0x20)] as [string, Buffer],
    ),
    ["a block too short for TCP4", version2({ family: 0x11, following: TCP4_BLOCK.slice(2) })],
    ["a block too short for TCP6", version2({ family: 0x21, following: TCP4_BLOCK })],
    ["a block too short for a unix socket", version2({ family: 0x31, following: noise(215) })],
    ["a block without anything", version2({ family: 0x11 })],
    ["a block too long", version2({ family: 0x11, following: TCP4_BLOCK, length: 16 * 1024 + 1 })],
    ["a LOCAL block too long", version2({ command: 0x20, family: 0x00, length: 65_535 })],
  ];
  for (const [what, bytes] of mistakes) {
    it(what, () => {
      assert.deepEqual(readEveryWay(bytes), { position: MALFORMED, address: "" });
      assert.deepEqual(readEveryWay(Buffer.concat([bytes, BEHIND])), { position: MALFORMED, address: "" });
    });
  }
});

it("a header with any bytes changed is read in one way, however it is split", () => {
  const headers = fc.constantFrom(
    line("PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n"),
    line("PROXY TCP6 2001:db8::9 ::1 56324 443\r\n"),
    line("PROXY UNKNOWN\r\n"),
    version2({ family: 0x11, following: TCP4_BLOCK }),
    version2({ family: 0x21, following: TCP6_BLOCK + noise(20) }),
  );
  const change = fc.tuple(
    fc.nat(60),
    fc.oneof(fc.nat(255), fc.constantFrom(0x20, 0x0d, 0x0a, 0x30, 0x3a, 0x2e)),
  );
  fc.assert(
    fc.property(headers, fc.array(change, { minLength: 1, maxLength: 3 }), (header, changes) => {
      const bytes = Buffer.concat([header, BEHIND]);
      for (const [at, byte] of changes) bytes[at % header.length] = byte;
      const { position, address } = readEveryWay(bytes);
      if (position < 0) assert.equal(address, "");
      else assert.ok(address === "" || canonicalAddress(address) === address, address);
    }),
    { numRuns: 1000 },
  );
});

it("what begins otherwise is not waited on", () => {
  const starts = [Buffer.from("PROXY "), version2({ family: 0x11 }).subarray(0, 12)];
  for (const start of starts) {
    for (const at of start.keys()) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.concat([start.subarray(0, at), Buffer.of(byte)]);
        const isBeginning = starts.some((other) => other.subarray(0, at + 1).equals(bytes));
        assert.equal(read(bytes).position, isBeginning ? INCOMPLETE : MALFORMED, bytes.toString("hex"));
      }
    }
  }
});
