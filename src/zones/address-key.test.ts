import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { KeyedHash } from "./keyed-hash.ts";
import { addressAdder } from "./address-key.ts";

const hash = new KeyedHash(1, 2);
const addAddress = addressAdder();

function keyOf(address: string): string {
  hash.begin();
  addAddress(hash, address);
  hash.end();
  return `${hash.high}/${hash.low}`;
}

/** Each line is one client; no two lines are the same. */
const clients: readonly (readonly string[])[] = [
  ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "::FFFF:C000:0201", "0:0:0:0:0:ffff:c000:201"],
  ["192.0.2.2"],
  ["0.0.0.0", "::ffff:0.0.0.0"],
  ["255.255.255.255", "::ffff:255.255.255.255"],
  ["::", "::1", "0:0:0:0:0:0:0:1", "::192.0.2.1", "::fffe:192.0.2.1", "::1:2:3:4"],
  [
    "2001:db8::1",
    "2001:db8::2",
    "2001:db8:0:0:ffff:ffff:ffff:ffff",
    "2001:0db8:0000:0000:0000:0000:0000:0003",
  ],
  ["2001:db8:0:1::1", "2001:db8:0:1::", "2001:DB8:0:1:2:3:4:5", "2001:db8:0:1:2:3:192.0.2.1"],
  ["2001:db8:1::1"],
  ["fe80::1", "fe80::1%eth0", "fe80::2%eth1"],
  ["1:2:3:4:5:6:7::", "1:2:3:4::", "1:2:3:4:5:6:7:8"],
  ["::2:3:4:5:6:7:8", "0:2:3:4::1"],
  ["0:0:0:4::1", "::4:5:6:7:8"],
  ["c000:201::"],
  // No addresses: by their text, each for itself.
  [""],
  ["unix"],
  ["192.0.2.1 "],
  ["192.0.2.01"],
  ["192.0.2"],
  ["192.0.2.1.1"],
  ["192.0.2.256"],
  ["192.0..2"],
  ["192.0.2."],
  ["::ffff:192.0.2.256"],
  ["::ffff:192.0.2"],
  ["1:2:3:4:5:6:7:192.0.2.1"],
  ["2001:db8::1::1"],
  ["2001:db8:::1"],
  ["2001:db8:0:0:0:0:0"],
  ["2001:db8:0:0:0:0:0:0:1"],
  ["2001:db8:0:0:0:0:0:0::"],
  ["2001:db8::00001"],
  ["2001:db8::g"],
  ["2001:db8::1:"],
  [":2001:db8::1"],
  [":"],
  ["%eth0"],
  ["\u0132001:db8::1"],
];

for (const [i, addresses] of clients.entries()) {
  test(`one client: ${JSON.stringify(addresses)}`, () => {
    const key = keyOf(addresses[0]!);
    for (const address of addresses) assert.equal(keyOf(address), key, address);
    for (const other of clients.slice(i + 1)) assert.notEqual(keyOf(other[0]!), key, `${other[0]}`);
  });
}

test("every way to write an IPv6 address has the key of its canonical form", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      assert.equal(keyOf(address), keyOf(new URL(`http://[${address}]`).hostname.slice(1, -1)));
    }),
  );
});

test("no text makes it throw", () => {
  const pieces = fc.constantFrom(
    ":",
    "::",
    ".",
    "%",
    "0",
    "1",
    "ffff",
    "255",
    "::ffff:",
    "g",
    "\u0000",
    "\ud800",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      assert.doesNotThrow(() => keyOf(parts.join("")));
    }),
  );
});
