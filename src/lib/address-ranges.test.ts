import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { AddressRanges, AddressSet, readRanges } from "./address-ranges.ts";
import { canonicalAddress } from "./ip-address.ts";

function setOf(...texts: readonly string[]): AddressSet {
  return new AddressSet(
    texts.flatMap((text) => {
      const read = readRanges(text);
      assert.ok("ranges" in read, text);
      return [...read.ranges];
    }),
  );
}

const bits = (most: number) => fc.integer({ min: 1, max: most });

describe("ranges of addresses", () => {
  const cases: readonly [range: string, inside: readonly string[], outside: readonly string[]][] = [
    ["192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.2", "192.0.2.0", "::192.0.2.1"]],
    ["192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0"]],
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:a00:1"], ["9.255.255.255", "11.0.0.0", "a00::"]],
    ["128.0.0.0/1", ["128.0.0.0", "255.255.255.255"], ["127.255.255.255", "8000::"]],
    ["192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]],
    [
      "2001:db8::/32",
      ["2001:db8::", "2001:DB8:ffff::1", "2001:db8::1%eth0"],
      ["2001:db9::", "2001:db7:ffff::"],
    ],
    ["2001:db8::1", ["2001:db8:0::0001"], ["2001:db8::", "2001:db8::2"]],
    ["2001:db8:0:0:8000::/65", ["2001:db8::8000:0:0:1"], ["2001:db8::7fff:0:0:1", "2001:db8:0:1:8000::"]],
    // One of IPv4, however it is written; one of IPv6 has none of IPv4.
    ["::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0", "::a01:203"]],
    ["::ffff:192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]],
    ["0.0.0.0/0", ["0.0.0.0", "192.0.2.1", "255.255.255.255"], ["::1", "::"]],
    ["::/0", ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["192.0.2.1", "::ffff:192.0.2.1"]],
    ["::ffff:0:0/96", ["192.0.2.1"], ["::1", "::fffe:c000:201"]],
    ["::/1", ["::1", "2001:db8::1"], ["192.0.2.1", "::ffff:192.0.2.1", "8000::"]],
    ["loopback", ["127.0.0.1", "127.255.255.255", "::1"], ["128.0.0.1", "::2", "::", "0.0.0.0"]],
    [
      "private",
      ["10.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1"],
      ["127.0.0.1", "172.15.255.255", "172.32.0.0", "192.169.0.0", "169.254.0.1", "fe80::1", "fe00::", "::1"],
    ],
  ];
  for (const [range, inside, outside] of cases) {
    it(range, () => {
      const set = setOf("203.0.113.7", "3fff::7", range);
      for (const address of inside) assert.equal(set.has(address), true, address);
      for (const address of [...outside, "", "unknown", range.includes("/") ? range : "a"])
        assert.equal(set.has(address), false, address);
    });
  }

  it("none", () => {
    assert.equal(setOf().has("127.0.0.1"), false);
    assert.equal(setOf().isEmpty, true);
    assert.equal(setOf("loopback").isEmpty, false);
  });

  const mistakes: readonly [text: string, problem: RegExp, hint: RegExp][] = [
    ["", /expected an IP address/, /names are not looked up/],
    ["proxy.internal", /expected an IP address/, /names are not looked up/],
    ["Loopback", /expected an IP address/, /names are not looked up/],
    ["10.0.0.0/", /expected/, /up to 32/],
    ["10.0.0.0/33", /expected/, /up to 32/],
    ["10.0.0.0/08", /expected/, /up to 32/],
    ["10.0.0.0/-1", /expected/, /up to 32/],
    ["10.0.0.0/8/8", /expected/, /up to 32/],
    ["10.0.0.0/255.0.0.0", /expected/, /up to 32/],
    ["10/8", /expected/, /names/],
    ["2001:db8::/129", /expected/, /up to 128/],
    ["::ffff:10.0.0.0/95", /expected/, /up to 128/],
    ["fe80::1%eth0", /expected/, /zone/],
    [" 10.0.0.0/8", /expected/, /names/],
    ["10.0.0.1/8", /not the first address/, /write 10\.0\.0\.0\/8 for/],
    ["::ffff:10.0.0.1/104", /not the first address/, /write 10\.0\.0\.0\/8 for/],
    ["0.0.0.1/0", /not the first address/, /write 0\.0\.0\.0\/0 for/],
    ["2001:db8::1/64", /not the first address/, /write 2001:db8::\/64 for/],
  ];
  for (const [text, problem, hint] of mistakes) {
    it(`${JSON.stringify(text)} is none`, () => {
      const read = readRanges(text);
      assert.ok("problem" in read);
      assert.match(read.problem, problem);
      assert.match(read.hint, hint);
    });
  }

  it("of a line are read as a text of their own is", () => {
    const text = fc.oneof(
      fc.constantFrom(
        "",
        "%",
        "10.0.0.0/",
        "10.0.0.0/08",
        "1.2.3.4/32/1",
        "::/0",
        "0.0.0.0/0",
        "fe80::1%e/64",
      ),
      ...mistakes.map(([text]) => fc.constant(text)),
      ...[fc.ipV4(), fc.ipV6(), fc.ipV4().map((text) => `::ffff:${text}`)].flatMap((address) => [
        address,
        fc.tuple(address, fc.integer({ min: 0, max: 130 })).map(([text, length]) => `${text}/${length}`),
        fc
          .tuple(fc.constantFrom("10.0.0.0", "::ffff:0:0", "2001::"), bits(128))
          .map((parts) => parts.join("/")),
      ]),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("", "\n", "1", "/8", "%"), (text, around) => {
        const read = readRanges(text);
        const ranges = new AddressRanges();
        const line = `${around}${text}${around}`;
        const added = ranges.addText(line, around.length, around.length + text.length);
        assert.equal(added, "ranges" in read, text);
        if (!("ranges" in read)) return;
        const other = new AddressRanges(read.ranges);
        for (const kind of ["ipv4", "ipv6"] as const)
          assert.deepEqual(ranges[kind].boundsOfOutermost(0), other[kind].boundsOfOutermost(0));
      }),
      { numRuns: 2000 },
    );
  });

  it("are sorted: sets of many hold what each of them holds", () => {
    // Few bits that differ, so that many nest, or begin with the same address.
    const word = fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1);
    const range = fc
      .tuple(fc.array(word, { minLength: 4, maxLength: 4 }), bits(128))
      .map(([words, length]) => `${ipv6Of(words, length)}/${length}`);
    const ipv4Range = fc.tuple(word, bits(32)).map(([word, length]) => `${ipv4Of(word, length)}/${length}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(range, ipv4Range), { maxLength: 40 }), (texts) => {
        const set = setOf(...texts);
        const asked = texts.flatMap((text) => [text.split("/")[0]!, "255.255.255.255", "::1", "8000::"]);
        for (const address of asked)
          assert.equal(
            set.has(address),
            texts.some((text) => setOf(text).has(address)),
            address,
          );
      }),
      { numRuns: 300 },
    );
  });

  it("hold what net.BlockList holds", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((text) => `::ffff:${text}`),
    );
    const network = fc.oneof(fc.tuple(fc.ipV4(), bits(32)), fc.tuple(fc.ipV6(), bits(128)));
    fc.assert(
      fc.property(network, address, ([text, length], other) => {
        fc.pre(net.isIPv4(text) || !net.isIPv4(canonicalAddress(text)));
        const first = firstOf(text, length);
        const canonical = canonicalAddress(first);
        const blocked = new net.BlockList();
        blocked.addSubnet(first, length, net.isIPv4(first) ? "ipv4" : "ipv6");
        const set = setOf(`${first}/${length}`);
        assert.equal(set.has(first), true);
        for (const asked of [other, text]) {
          // Ranges of IPv6 that hold mapped addresses as well are ours alone to read as IPv6.
          if (net.isIPv4(canonicalAddress(asked)) !== net.isIPv4(canonical)) continue;
          const kind = net.isIPv4(canonicalAddress(asked)) ? "ipv4" : "ipv6";
          assert.equal(
            set.has(asked),
            blocked.check(canonicalAddress(asked), kind),
            `${first}/${length} ${asked}`,
          );
        }
      }),
    );
  });
});

function ipv6Of(words: readonly number[], length: number): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  return firstOf(groups.map((group) => group.toString(16)).join(":"), length);
}

function ipv4Of(word: number, length: number): string {
  return firstOf([24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join("."), length);
}

/** The first address of the network that `text` is in. */
function firstOf(text: string, length: number): string {
  const isIpv4 = net.isIPv4(text);
  const parts = isIpv4 ? text.split(".").map(Number) : groupsOf(text);
  const size = isIpv4 ? 8 : 16;
  const masked = parts.map((part, i) => {
    const kept = Math.max(0, Math.min(size, length - i * size));
    return part & ~(2 ** (size - kept) - 1) & (2 ** size - 1);
  });
  return isIpv4 ? masked.join(".") : masked.map((part) => part.toString(16)).join(":");
}

function groupsOf(text: string): number[] {
  const [left, right] = new URL(`http://[${text}]`).hostname
    .slice(1, -1)
    .split("::")
    .map((half) => half.split(":").filter((part) => part !== ""));
  const zeros = right === undefined ? [] : Array.from({ length: 8 - left!.length - right.length }, () => "0");
  return [...left!, ...zeros, ...(right ?? [])].map((part) => Number.parseInt(part, 16));
}
