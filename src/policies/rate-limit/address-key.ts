import { hexDigit } from "../../lib/hex.ts";
import type { KeyedHash } from "../../zones/keyed-hash.ts";

/** What a key begins with, so that an IPv4 address, a network and a text never make the same key. */
const IPV4 = 4;
const IPV6 = 6;
const TEXT = 0;

/** The groups of the address that was parsed last: nothing is allocated for a request. */
const groups = new Uint16Array(8);

/**
 * Hashes a client's address as the key of its limit: IPv4 by address, IPv6 by its /64, because a single host is given so
 * many addresses that a limit by address would be none; IPv4-mapped IPv6 as IPv4, because it is the same host. What is no
 * address (a connection that has gone has none) is one key by its text.
 *
 * Measured (medians of 11 rounds on a busy machine): 1.4 readings of the clock for IPv4, 3.2 for IPv6. A cache by address
 * would give most of that back, but that is below half a percent of a request's CPU, and it would have to be bounded and evicted.
 */
export function hashAddress(hash: KeyedHash, address: string): void {
  hash.begin();
  const ipv4 = parseIpv4(address, 0, address.length);
  if (ipv4 !== -1) {
    hash.number(IPV4);
    hash.number(ipv4);
  } else if (parseIpv6(address)) {
    const isMapped =
      groups[0] === 0 &&
      groups[1] === 0 &&
      groups[2] === 0 &&
      groups[3] === 0 &&
      groups[4] === 0 &&
      groups[5] === 0xffff;
    hash.number(isMapped ? IPV4 : IPV6);
    if (isMapped) {
      hash.number(pair(6) >>> 0);
    } else {
      hash.number(pair(0));
      hash.number(pair(2));
    }
  } else {
    hash.number(TEXT);
    hash.text(address);
  }
  hash.end();
}

function pair(first: number): number {
  return (groups[first]! << 16) | groups[first + 1]!;
}

/** The address between `start` and `end` as a number of 32 bits, -1 when it is none: four decimal numbers, nothing else. */
function parseIpv4(text: string, start: number, end: number): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (octet === -1 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      // A leading zero would make it octal to some.
      if (octet === 0) return -1;
      octet = (octet === -1 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return -1;
    } else {
      return -1;
    }
  }
  return dots === 3 && octet !== -1 ? address * 256 + octet : -1;
}

/** Parses the text form of RFC 4291, 2.2 into `groups`; a zone (`%eth0`) is left out. */
function parseIpv6(text: string): boolean {
  const percent = text.indexOf("%");
  const end = percent === -1 ? text.length : percent;
  let count = 0;
  /** Where the `::` is, in groups. */
  let gap = -1;
  let i = 0;
  while (i < end) {
    if (text.charCodeAt(i) === 0x3a) {
      // Only `::`, and only once; a single colon is taken behind its group below.
      if (gap !== -1 || text.charCodeAt(i + 1) !== 0x3a || i + 1 >= end) return false;
      gap = count;
      i += 2;
      continue;
    }
    if (count === 8) return false;
    const groupStart = i;
    let value = 0;
    while (i < end) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit === -1) break;
      value = value * 16 + digit;
      i++;
    }
    if (text.charCodeAt(i) === 0x2e && i < end) {
      const ipv4 = count <= 6 ? parseIpv4(text, groupStart, end) : -1;
      if (ipv4 === -1) return false;
      groups[count++] = ipv4 >>> 16;
      groups[count++] = ipv4 & 0xffff;
      i = end;
      break;
    }
    if (i === groupStart || i - groupStart > 4) return false;
    groups[count++] = value;
    if (i === end) break;
    if (text.charCodeAt(i) !== 0x3a) return false;
    // One colon, and something behind it; of `::` the first colon is left for the turn above.
    if (i + 1 === end) return false;
    if (text.charCodeAt(i + 1) !== 0x3a) i++;
  }
  if (gap === -1) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}
