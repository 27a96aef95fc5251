import { addressWord, IPV4, IPV6, NO_ADDRESS, readAddress } from "./ip-address.ts";

/** All addresses of one kind that begin with the same bits: one address, or a network. */
export interface AddressRange {
  readonly kind: typeof IPV4 | typeof IPV6;
  /** The first address as four numbers of 32 bits, of IPv4 as the last of them. */
  readonly words: readonly number[];
  /** The bits that count, likewise. */
  readonly masks: readonly number[];
}

/** Names of ranges: RFC 1122, 3.2.1.3 and RFC 4291, 2.5.3; RFC 1918 and RFC 4193. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ["loopback", ["127.0.0.0/8", "::1"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]],
]);

/** What a text is as ranges, or why it is none. */
export type ReadRanges =
  | { readonly ranges: readonly AddressRange[] }
  | { readonly problem: string; readonly hint: string };

const EXPECTED = {
  problem: 'expected an IP address, a network such as "10.0.0.0/8", "loopback" or "private"',
  hint: "names are not looked up: who answers for the name could make anybody trusted",
};

/** Reads an address (`192.0.2.1`, `2001:db8::1`), a network (`192.0.2.0/24`, `2001:db8::/32`), or `loopback` or `private`. */
export function readRanges(text: string): ReadRanges {
  const named = NAMED.get(text);
  if (named !== undefined) return { ranges: named.flatMap((range) => rangesOf(readRanges(range))) };
  const slash = text.indexOf("/");
  const end = slash === -1 ? text.length : slash;
  if (text.includes("%")) return { ...EXPECTED, hint: "leave out the zone: it is not compared" };
  const kind = readAddress(text, 0, end);
  if (kind === NO_ADDRESS) return EXPECTED;
  const words = [addressWord(0), addressWord(2), addressWord(4), addressWord(6)];
  // An IPv4-mapped network is written with the bits of IPv6, and is one of IPv4.
  const written = text.lastIndexOf(":", end) === -1 ? 32 : 128;
  const length = slash === -1 ? written : prefixLength(text.slice(slash + 1), written);
  const bits = kind === IPV4 ? length + 128 - written : length;
  if (length === -1 || (kind === IPV4 && bits < 96)) {
    return { ...EXPECTED, hint: `the length of a network is a number up to ${written}` };
  }
  if (bits === (kind === IPV4 ? 96 : 0)) {
    return { problem: "this is everybody", hint: "name the addresses of your proxies" };
  }
  const masks = words.map((_, i) => maskOf(bits - 32 * i));
  if (kind === IPV4) words.fill(0, 0, 3);
  if (words.some((word, i) => (word & ~masks[i]!) !== 0)) {
    return {
      problem: `${text} is not the first address of its network`,
      hint: "zero the bits behind the length, as in 10.0.0.0/8",
    };
  }
  return { ranges: [{ kind, words, masks }] };
}

function rangesOf(read: ReadRanges): readonly AddressRange[] {
  return "ranges" in read ? read.ranges : [];
}

function prefixLength(text: string, most: number): number {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= most ? Number(text) : -1;
}

/** The first `bits` of 32; shifting by 32 would be shifting by 0. */
function maskOf(bits: number): number {
  if (bits >= 32) return -1;
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

/**
 * Which addresses are in some ranges. They are compared one after the other: a few numbers each, and nobody has thousands
 * of proxies. `net.BlockList` would need an object for each question.
 */
export class AddressSet {
  readonly isEmpty: boolean;
  /** Network and mask of each range. */
  readonly #ipv4: Int32Array;
  /** Four words of network and four of mask of each. */
  readonly #ipv6: Int32Array;

  constructor(ranges: readonly AddressRange[]) {
    const ipv4 = ranges.filter(({ kind }) => kind === IPV4);
    const ipv6 = ranges.filter(({ kind }) => kind === IPV6);
    this.isEmpty = ranges.length === 0;
    this.#ipv4 = Int32Array.from(ipv4.flatMap(({ words, masks }) => [words[3]!, masks[3]!]));
    this.#ipv6 = Int32Array.from(ipv6.flatMap(({ words, masks }) => [...words, ...masks]));
  }

  /** Whether the text is an address in one of the ranges. */
  has(address: string): boolean {
    const kind = readAddress(address);
    if (kind === IPV4) return this.#hasIpv4(addressWord(6));
    return kind === IPV6 && this.#hasIpv6();
  }

  #hasIpv4(word: number): boolean {
    const ranges = this.#ipv4;
    for (let i = 0; i < ranges.length; i += 2) if ((word & ranges[i + 1]!) === ranges[i]) return true;
    return false;
  }

  #hasIpv6(): boolean {
    const ranges = this.#ipv6;
    next: for (let i = 0; i < ranges.length; i += 8) {
      for (let at = 0; at < 4; at++) {
        if ((addressWord(at * 2) & ranges[i + 4 + at]!) !== ranges[i + at]) continue next;
      }
      return true;
    }
    return false;
  }
}
