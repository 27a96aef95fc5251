/** Random chains of hops, written as proxies write them, against the plainest walk that there is. */
import assert from "node:assert/strict";
import net from "node:net";
import { it } from "node:test";
import * as fc from "fast-check";
import { AddressSet, readRanges } from "../../lib/address-ranges.ts";
import { HeaderList } from "../headers.ts";
import { directProvenance, TrustedProxies } from "./provenance.ts";

const PEER = "10.0.0.1";
const TRUSTED = ["10.0.0.0/8", "192.168.1.1", "2001:db8::/32"] as const;
const addresses = new AddressSet(
  TRUSTED.flatMap((text) => {
    const read = readRanges(text);
    return "ranges" in read ? [...read.ranges] : [];
  }),
);
const blockList = new net.BlockList();
blockList.addSubnet("10.0.0.0", 8, "ipv4");
blockList.addAddress("192.168.1.1", "ipv4");
blockList.addSubnet("2001:db8::", 32, "ipv6");

/** One hop: the address in the form of a URL's host, and the same as somebody writes it; none when it is not an address. */
interface WrittenHop {
  readonly address: string | undefined;
  readonly text: string;
}

const trustedAddress = fc.oneof(
  fc.constantFrom("10.0.0.2", "10.255.0.1", "192.168.1.1", "2001:db8::2", "2001:db8:0:1:1:1:1:1"),
);
const otherAddress = fc.oneof(fc.ipV4(), fc.constantFrom("192.168.1.2", "2001:db9::1", "11.0.0.1", "::1"));
const address = fc.oneof({ weight: 3, arbitrary: trustedAddress }, otherAddress);
const noAddress = fc.constantFrom(
  "unknown",
  "_x",
  "",
  "10.0.0",
  "10.0.0.256",
  "[::1",
  "a b",
  "localhost",
  "-",
);
const port = fc.constantFrom("", ":80", ":65535");

const xForwardedHop: fc.Arbitrary<WrittenHop> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(address, port, fc.boolean(), fc.boolean()).map(([address, port, upper, mapped]) => {
      const isIpv4 = net.isIPv4(address);
      const spelled = upper ? address.toUpperCase() : isIpv4 && mapped ? `::ffff:${address}` : address;
      const bracketed = net.isIPv6(spelled) && port !== "" ? `[${spelled}]` : spelled;
      return { address, text: `${bracketed}${port}` };
    }),
  },
  noAddress.map((text) => ({ address: undefined, text })),
);

const forwardedHop: fc.Arbitrary<WrittenHop> = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: address }, noAddress),
    port,
    fc.constantFrom("", ";proto=http"),
    fc.boolean(),
  )
  .map(([node, port, rest, first]) => {
    const isAddress = net.isIP(node) !== 0;
    const named = net.isIPv6(node) ? `[${node}]` : node;
    const pair = `for="${named}${isAddress ? port : ""}"`;
    const text = first ? `${pair}${rest}` : `by=_p;${pair}${rest}`;
    return { address: isAddress ? node : undefined, text };
  });

/** From right to left, on a list of what was meant. */
function naiveClient(hops: readonly WrittenHop[]): string {
  let client: string = PEER;
  for (const { address } of hops.toReversed().slice(0, 32)) {
    if (address === undefined) return client;
    client = address;
    if (!blockList.check(address, net.isIPv4(address) ? "ipv4" : "ipv6")) return client;
  }
  return client;
}

/** The list, cut into field lines anywhere, with any blanks around its commas. */
function linesOf(hops: readonly WrittenHop[], cuts: readonly number[], blanks: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [i, { text }] of hops.entries()) {
    const blank = blanks[i % Math.max(1, blanks.length)] ?? "";
    if (i === 0 || cuts.includes(i)) lines.push(text);
    else lines[lines.length - 1] += `${blank},${blank}${text}`;
  }
  return lines;
}

const cuts = fc.array(fc.nat(40), { maxLength: 4 });
const blanks = fc.array(fc.constantFrom("", " ", "\t", "  \t"), { maxLength: 4 });

for (const [kind, field, hop] of [
  ["x-forwarded", "x-forwarded-for", xForwardedHop],
  ["forwarded", "forwarded", forwardedHop],
] as const) {
  const proxies = new TrustedProxies(addresses, kind);
  it(`any chain in ${field}`, () => {
    fc.assert(
      fc.property(fc.array(hop, { minLength: 1, maxLength: 40 }), cuts, blanks, (hops, cuts, blanks) => {
        const fields = linesOf(hops, cuts, blanks).flatMap((line) => [field, line]);
        const { address } = proxies.provenanceOf(new HeaderList(fields), directProvenance(PEER), "");
        assert.equal(address, naiveClient(hops));
      }),
      { numRuns: 2000 },
    );
  });

  it(`whatever a client puts first into ${field}, behind an honest proxy`, () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.constantFrom('"', "\\", ",", ";", "=", "for", "10.0.0.2", "[", "]", ":", " ", "é"),
      }),
      fc.string(),
    );
    const honest = kind === "forwarded" ? 'for="203.0.113.9:1";by="_p"' : "203.0.113.9";
    fc.assert(
      fc.property(text, fc.boolean(), (spoofed, sameLine) => {
        const lines = sameLine ? [`${spoofed}, ${honest}`] : [spoofed, honest];
        const fields = lines.flatMap((line) => [field, line]);
        const { address } = proxies.provenanceOf(new HeaderList(fields), directProvenance(PEER), "");
        assert.equal(address, "203.0.113.9");
      }),
      { numRuns: 2000 },
    );
  });
}
