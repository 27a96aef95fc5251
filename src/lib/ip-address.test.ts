import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { canonicalAddress, IPV4, IPV6, NO_ADDRESS, readAddress } from "./ip-address.ts";

describe("an IP address", () => {
  const canonical: readonly [text: string, canonical: string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    // The same host, however it came.
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1%eth0", "192.0.2.1"],
    // Near to mapped, and not.
    ["::192.0.2.1", "::c000:201"],
    ["::fffe:192.0.2.1", "::fffe:c000:201"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["2001:DB8::A", "2001:db8::a"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    // RFC 5952, 4.2: the longest run of zeros, the first of two as long, and never a single group.
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["1:2:3:4:5:6::", "1:2:3:4:5:6::"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["fe80::1%25", "fe80::1"],
    // None.
    ["", ""],
    [" 192.0.2.1", ""],
    ["192.0.2.1 ", ""],
    ["192.0.2.01", ""],
    ["192.0.2.256", ""],
    ["192.0.2", ""],
    ["192.0.2.1.", ""],
    ["0x7f.0.0.1", ""],
    ["2130706433", ""],
    ["192.0.2.1:80", ""],
    ["192.0.2.1%eth0", ""],
    ["[::1]", ""],
    ["::1:", ""],
    ["::1%", ""],
    ["::1%eth 0", ""],
    ["%eth0", ""],
    ["::ffff:192.0.2.1.1", ""],
    ["1:2:3:4:5:6:7:8:9", ""],
    ["1:2:3:4:5:6:7:8::", ""],
    ["::1::", ""],
    [":::", ""],
    ["12345::", ""],
    ["\u0661.0.0.1", ""],
    ["localhost", ""],
    ["unknown", ""],
  ];
  for (const [text, expected] of canonical) {
    it(`${JSON.stringify(text)} is ${expected === "" ? "none" : expected}`, () => {
      assert.equal(canonicalAddress(text), expected);
      // Between other characters, too: only what stands between the ends counts.
      assert.equal(canonicalAddress(`1${text}:1`, 1, 1 + text.length), expected);
    });
  }

  it("is what Node.js takes for one, but for zones that it takes where they are empty", () => {
    const pieces = fc.constantFrom(":", "::", ".", "0", "1", "00", "ffff", "255", "256", "::ffff:", "g", "A");
    fc.assert(
      fc.property(fc.oneof(fc.array(pieces, { maxLength: 12 }).map(join), fc.ipV4(), fc.ipV6()), (text) => {
        const kind = readAddress(text);
        assert.equal(kind === NO_ADDRESS, net.isIP(text) === 0, text);
        if (kind === IPV4) assert.ok(net.isIPv4(text) || text.includes(":"));
        if (kind === IPV6) assert.ok(net.isIPv6(text));
      }),
    );
  });

  it("has the form that a URL gives it", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const hostname = new URL(`http://[${text}]`).hostname.slice(1, -1);
        const mapped = /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(hostname);
        if (!mapped) assert.equal(canonicalAddress(text), hostname);
        assert.equal(canonicalAddress(canonicalAddress(text)), canonicalAddress(text));
      }),
    );
  });
});

function join(parts: readonly string[]): string {
  return parts.join("");
}
