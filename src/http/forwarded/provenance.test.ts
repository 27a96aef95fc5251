import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AddressSet, readRanges } from "../../lib/address-ranges.ts";
import { HeaderList } from "../headers.ts";
import { directProvenance, TrustedProxies, type Provenance, type ProxyHeaders } from "./provenance.ts";

/** The trusted: 10.0.0.0/8 and fd00::/8. The peer is 10.0.0.1, and the authority of its request is shop.example. */
const ranges = ["10.0.0.0/8", "fd00::/8"].flatMap((text) => {
  const read = readRanges(text);
  assert.ok("ranges" in read);
  return [...read.ranges];
});
const addresses = new AddressSet(ranges);

function provenanceOf(kind: ProxyHeaders, fields: readonly (readonly [string, string])[]): Provenance {
  const headers = new HeaderList(fields.flat());
  return new TrustedProxies(addresses, kind).provenanceOf(
    headers,
    directProvenance("10.0.0.1"),
    "shop.example",
  );
}

const chain = (count: number, member: string): string =>
  Array.from({ length: count }, () => member).join(", ");

const x = (name: string, value: string) => [`x-forwarded-${name}`, value] as const;
const f = (value: string) => ["forwarded", value] as const;

describe("of X-Forwarded-For the client's address is", () => {
  const cases: readonly [chain: string | readonly string[], address: string][] = [
    ["203.0.113.9", "203.0.113.9"],
    ["203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["203.0.113.9,10.0.0.2,10.0.0.3", "203.0.113.9"],
    // What the client says of itself stands left of its own address.
    ["198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["10.0.0.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["127.0.0.1, 203.0.113.9", "203.0.113.9"],
    ["nonsense, \"', 203.0.113.9", "203.0.113.9"],
    // All trusted: the leftmost.
    ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.3", "10.0.0.3"],
    // Several field lines are one list.
    [["198.51.100.1", "203.0.113.9", "10.0.0.2"], "203.0.113.9"],
    [["203.0.113.9, 10.0.0.3", "10.0.0.2"], "203.0.113.9"],
    // The forms of an address.
    ["203.0.113.9:4711", "203.0.113.9"],
    ["[2001:DB8::9]:4711", "2001:db8::9"],
    ["[2001:db8::9]", "2001:db8::9"],
    ["2001:0db8::0009", "2001:db8::9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["[::ffff:203.0.113.9]:80", "203.0.113.9"],
    ["203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"],
    ["203.0.113.9, [FD00::2]:8080", "203.0.113.9"],
    ["203.0.113.9, fd00::2%eth0", "203.0.113.9"],
    ["fe80::9%eth0", "fe80::9"],
    // Blanks.
    ["203.0.113.9 \t,\t 10.0.0.2", "203.0.113.9"],
    ["\t203.0.113.9 ", "203.0.113.9"],
    // Not an address: the walk ends at the trusted hop that wrote it.
    ["", "10.0.0.1"],
    [" ", "10.0.0.1"],
    [",", "10.0.0.1"],
    ["203.0.113.9,", "10.0.0.1"],
    ["203.0.113.9,,", "10.0.0.1"],
    [",203.0.113.9", "203.0.113.9"],
    [", 10.0.0.2", "10.0.0.2"],
    ["203.0.113.9, , 10.0.0.2", "10.0.0.2"],
    [["203.0.113.9", ""], "10.0.0.1"],
    ["203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"],
    ["203.0.113.9, _hidden, 10.0.0.2", "10.0.0.2"],
    ["unknown", "10.0.0.1"],
    ["203.0.113.9 203.0.113.8", "10.0.0.1"],
    ["203.0.113.9;10.0.0.2", "10.0.0.1"],
    ["203.0.113.9:", "10.0.0.1"],
    ["203.0.113.9:http", "10.0.0.1"],
    ["203.0.113.9:123456", "10.0.0.1"],
    ["203.0.113.9:80:80", "10.0.0.1"],
    ["203.0.113.09", "10.0.0.1"],
    ["203.0.113", "10.0.0.1"],
    ["[203.0.113.9]", "10.0.0.1"],
    ["[203.0.113.9]:80", "10.0.0.1"],
    ["[2001:db8::9", "10.0.0.1"],
    ["2001:db8::9]", "10.0.0.1"],
    ["[2001:db8::9]80", "10.0.0.1"],
    ["[2001:db8::9]:", "10.0.0.1"],
    ["[]", "10.0.0.1"],
    ["[[::1]]", "10.0.0.1"],
    ["\u00a0203.0.113.9", "10.0.0.1"],
    ['"203.0.113.9"', "10.0.0.1"],
    ["for=203.0.113.9", "10.0.0.1"],
    ["shop.example", "10.0.0.1"],
    ["0xcb.0.0x71.9", "10.0.0.1"],
    ["3405803785", "10.0.0.1"],
    // No list is so long that it buys time, or a client that was not reached.
    [`203.0.113.9, ${chain(31, "10.0.0.2")}`, "203.0.113.9"],
    [`203.0.113.9, ${chain(32, "10.0.0.2")}`, "10.0.0.2"],
    [`203.0.113.9, ${chain(10_000, "10.0.0.2")}`, "10.0.0.2"],
    [`${chain(10_000, "10.0.0.2")}, 203.0.113.9`, "203.0.113.9"],
    [chain(10_000, ""), "10.0.0.1"],
    [" ".repeat(30_000), "10.0.0.1"],
    ["[".repeat(30_000), "10.0.0.1"],
  ];
  for (const [chain, address] of cases) {
    const lines = typeof chain === "string" ? [chain] : chain;
    it(`${address} of ${JSON.stringify(lines).slice(0, 80)}`, () => {
      const fields = lines.map((line) => ["x-forwarded-for", line] as const);
      assert.equal(provenanceOf("x-forwarded", fields).address, address);
      // Beside whatever else says something else.
      const others = [
        ["x-real-ip", "192.0.2.77"],
        ["forwarded", "for=192.0.2.77"],
        ["x-client-ip", "192.0.2.77"],
        ["true-client-ip", "192.0.2.77"],
      ] as const;
      assert.equal(provenanceOf("x-forwarded", [...others, ...fields]).address, address);
    });
  }
});

describe("of Forwarded the client's address is", () => {
  const cases: readonly [list: string | readonly string[], address: string][] = [
    ["for=203.0.113.9", "203.0.113.9"],
    ["For=203.0.113.9;Proto=https;By=10.0.0.1", "203.0.113.9"],
    ["proto=https;for=203.0.113.9", "203.0.113.9"],
    ['for="203.0.113.9:4711"', "203.0.113.9"],
    ['for="203.0.113.9:_port"', "203.0.113.9"],
    ['for="[2001:DB8::9]"', "2001:db8::9"],
    ['for="[2001:db8::9]:4711"', "2001:db8::9"],
    ['for="[::ffff:203.0.113.9]"', "203.0.113.9"],
    ['for="\\2\\03.0.113.9"', "203.0.113.9"],
    ["for=203.0.113.9, for=10.0.0.2", "203.0.113.9"],
    ["for=203.0.113.9,for=10.0.0.3,for=10.0.0.2;by=10.0.0.1", "203.0.113.9"],
    [["for=198.51.100.1", "for=203.0.113.9", 'for="[fd00::2]"'], "203.0.113.9"],
    ["for=10.0.0.3, for=10.0.0.2", "10.0.0.3"],
    ["for=203.0.113.9;", "203.0.113.9"],
    [";for=203.0.113.9;;proto=http", "203.0.113.9"],
    ["for=203.0.113.9 ; proto=http", "203.0.113.9"],
    ['for=203.0.113.9;ext="a, b; for=192.0.2.1, \\" \\\\"', "203.0.113.9"],
    ["for=203.0.113.9;secret=_x,\tfor=10.0.0.2", "203.0.113.9"],
    // A client's open quote does not swallow what a proxy adds behind it.
    ['for=198.51.100.1;x=", for=203.0.113.9', "203.0.113.9"],
    ['for=198.51.100.1;x=", for=203.0.113.9;by="_p"', "203.0.113.9"],
    ['for="\\, for=203.0.113.9;by="_p"', "203.0.113.9"],
    ['", for=203.0.113.9', "203.0.113.9"],
    [['x="', "for=203.0.113.9"], "203.0.113.9"],
    ['for="[::1", for=203.0.113.9', "203.0.113.9"],
    // Not an address: the walk ends at the trusted hop that wrote it.
    ["", "10.0.0.1"],
    ["for=", "10.0.0.1"],
    ['for=""', "10.0.0.1"],
    ["proto=https", "10.0.0.1"],
    ["for=unknown", "10.0.0.1"],
    ["for=203.0.113.9, for=Unknown, for=10.0.0.2", "10.0.0.2"],
    ['for="unknown:4711"', "10.0.0.1"],
    ["for=203.0.113.9, for=_gazonk, for=10.0.0.2", "10.0.0.2"],
    ["for=203.0.113.9,, for=10.0.0.2", "10.0.0.2"],
    ["for=203.0.113.9, by=10.0.0.3, for=10.0.0.2", "10.0.0.2"],
    ['for="[::1"', "10.0.0.1"],
    ["for=[2001:db8::9]", "10.0.0.1"],
    ['for="2001:db8::9"', "10.0.0.1"],
    ["for=203.0.113.9:4711", "10.0.0.1"],
    ['for="203.0.113.9', "10.0.0.1"],
    ['for=203.0.113.9"', "10.0.0.1"],
    ["for='203.0.113.9'", "10.0.0.1"],
    ["for =203.0.113.9", "10.0.0.1"],
    ["for= 203.0.113.9", "10.0.0.1"],
    ["for=203.0.113.9 for=10.0.0.2", "10.0.0.1"],
    ["for=203.0.113.9;for=10.0.0.2", "10.0.0.1"],
    ["for=203.0.113.9;FOR=203.0.113.9", "10.0.0.1"],
    ['for="";for=203.0.113.9', "10.0.0.1"],
    ['for="203.0.113.9\\"', "10.0.0.1"],
    ['for="203.0.113.9"x', "10.0.0.1"],
    ["for=203.0.113.9;=x", "10.0.0.1"],
    ["for=203.0.113.9;x=", "10.0.0.1"],
    ["for=203.0.113.9;x", "10.0.0.1"],
    ["203.0.113.9", "10.0.0.1"],
    ["for=203.0.113.9;proto", "10.0.0.1"],
    ["for=203.0.113.9;by=a b", "10.0.0.1"],
    [`for=203.0.113.9, ${chain(32, "for=10.0.0.2")}`, "10.0.0.2"],
    [`for=203.0.113.9, ${chain(10_000, "for=10.0.0.2")}`, "10.0.0.2"],
    [`${chain(10_000, 'for="')}, for=203.0.113.9`, "203.0.113.9"],
    ['"'.repeat(30_000), "10.0.0.1"],
    [`"${"\\".repeat(30_000)}"`, "10.0.0.1"],
    [`${" ".repeat(30_000)};`, "10.0.0.1"],
    [`for=203.0.113.9;${" ".repeat(30_000)}x`, "10.0.0.1"],
    [`for=203.0.113.9${";".repeat(30_000)}`, "203.0.113.9"],
  ];
  for (const [list, address] of cases) {
    const lines = typeof list === "string" ? [list] : list;
    it(`${address} of ${JSON.stringify(lines).slice(0, 80)}`, () => {
      const fields = lines.map((line) => ["forwarded", line] as const);
      assert.equal(provenanceOf("forwarded", fields).address, address);
      const others = [
        ["x-forwarded-for", "192.0.2.77"],
        ["x-forwarded-proto", "https"],
        ["x-forwarded-host", "evil.test"],
      ] as const;
      assert.deepEqual(provenanceOf("forwarded", [...others, ...fields]), provenanceOf("forwarded", fields));
    });
  }
});

describe("scheme and host are what the nearest proxy says", () => {
  const cases: readonly [
    ProxyHeaders,
    readonly (readonly [string, string])[],
    scheme: string,
    host: string,
  ][] = [
    ["x-forwarded", [], "http", ""],
    ["x-forwarded", [x("proto", "https")], "https", ""],
    ["x-forwarded", [x("proto", "HTTPS")], "https", ""],
    ["x-forwarded", [x("proto", "http, https")], "https", ""],
    ["x-forwarded", [x("proto", "https,http")], "http", ""],
    ["x-forwarded", [x("proto", "https"), x("proto", "http")], "http", ""],
    ["x-forwarded", [x("proto", "wss")], "https", ""],
    ["x-forwarded", [x("proto", "ws")], "http", ""],
    ["x-forwarded", [x("proto", "javascript")], "http", ""],
    ["x-forwarded", [x("proto", "https,")], "http", ""],
    ["x-forwarded", [x("proto", "https\u00a0")], "http", ""],
    ["x-forwarded", [x("proto", "")], "http", ""],
    ["x-forwarded", [x("host", "www.example")], "http", "www.example"],
    ["x-forwarded", [x("host", "WWW.example:8443")], "http", "www.example:8443"],
    ["x-forwarded", [x("host", "shop.example")], "http", "shop.example"],
    ["x-forwarded", [x("host", "evil.test, www.example")], "http", "www.example"],
    ["x-forwarded", [x("host", "evil.test"), x("host", " www.example\t")], "http", "www.example"],
    ["x-forwarded", [x("host", "[2001:DB8::1]:80")], "http", "[2001:db8::1]:80"],
    ["x-forwarded", [x("host", "www.example/path")], "http", ""],
    ["x-forwarded", [x("host", "user@www.example")], "http", ""],
    ["x-forwarded", [x("host", "www.example:0")], "http", ""],
    ["x-forwarded", [x("host", "www.example,")], "http", ""],
    ["x-forwarded", [x("host", "")], "http", ""],
    ["x-forwarded", [f("for=203.0.113.9;proto=https;host=www.example")], "http", ""],
    ["x-forwarded", [x("ssl", "on"), x("port", "443"), x("scheme", "https")], "http", ""],
    ["forwarded", [f("proto=https;host=www.example")], "https", "www.example"],
    ["forwarded", [f('Proto=HTTPS;Host="WWW.example:8443"')], "https", "www.example:8443"],
    ["forwarded", [f("proto=https;host=evil.test, for=10.0.0.2")], "http", ""],
    ["forwarded", [f("for=a"), f("proto=https")], "https", ""],
    ["forwarded", [f("proto=https;proto=http")], "http", ""],
    ["forwarded", [f("proto=https;host=a/b")], "http", ""],
    ["forwarded", [f("proto=https;host=a_%")], "https", ""],
    ["forwarded", [f('proto=https;host="a, b"')], "https", ""],
  ];
  for (const [kind, fields, scheme, host] of cases) {
    it(`${scheme} and ${host === "" ? "none" : host} of ${JSON.stringify(fields)}`, () => {
      const provenance = provenanceOf(kind, fields);
      assert.deepEqual([provenance.scheme, provenance.host], [scheme, host]);
    });
  }
});

it("who says nothing is not copied", () => {
  const peer = directProvenance("::ffff:10.0.0.1");
  const headers = new HeaderList(["accept", "*/*"]);
  for (const kind of ["x-forwarded", "forwarded"] as const)
    assert.equal(new TrustedProxies(addresses, kind).provenanceOf(headers, peer, "a"), peer);
  assert.deepEqual(peer, { address: "10.0.0.1", scheme: "http", host: "", serverName: "" });
});
