import { hexDigit } from "./hex.ts";

/** What a text is as an IP address. */
export const NO_ADDRESS = 0;
export const IPV4 = 4;
export const IPV6 = 6;
export type AddressKind = typeof NO_ADDRESS | typeof IPV4 | typeof IPV6;

/** The address that was read last, an IPv4 one in the last two groups: nothing is allocated for a request. */
export const addressGroups = new Uint16Array(8);

const groups = addressGroups;

/** The group at `first` and the next one as a number of 32 bits, signed. */
export function addressWord(first: number): number {
  return (groups[first]! << 16) | groups[first + 1]!;
}

/**
 * Reads the IP address between `start` and `end` of a text into `addressGroups`: four decimal numbers, or the form of RFC 4291,
 * 2.2 in any case. An IPv4-mapped one is IPv4, because it is the same host; a zone (`%eth0`) is left out, because it only
 * means something on the machine that has the interface. Nothing else is an address: no port, no bracket, no blank.
 */
export function readAddress(text: string, start = 0, end = text.length): AddressKind {
  if (readIpv4(text, start, end, 6)) return IPV4;
  if (!readIpv6(text, start, end)) return NO_ADDRESS;
  const isMapped =
    groups[0] === 0 &&
    groups[1] === 0 &&
    groups[2] === 0 &&
    groups[3] === 0 &&
    groups[4] === 0 &&
    groups[5] === 0xffff;
  return isMapped ? IPV4 : IPV6;
}

/** The one text form of the address between `start` and `end` (RFC 5952; IPv4-mapped as IPv4); empty when there is none. */
export function canonicalAddress(text: string, start = 0, end = text.length): string {
  const kind = readAddress(text, start, end);
  if (kind === NO_ADDRESS) return "";
  return kind === IPV4 ? ipv4Text() : ipv6Text();
}

/** The text form of an address that is given as four numbers of 32 bits, one of IPv4 as the last of them. */
export function addressText(kind: typeof IPV4 | typeof IPV6, words: readonly number[]): string {
  for (let i = 0; i < 4; i++) {
    groups[2 * i] = words[i]! >>> 16;
    groups[2 * i + 1] = words[i]!;
  }
  return kind === IPV4 ? ipv4Text() : ipv6Text();
}

/** What counts as one client: an IPv4 address, the /64 of an IPv6 one, and what is no address by its text. */
export function addressNetwork(address: string): string {
  if (readAddress(address) !== IPV6) return address;
  groups.fill(0, 4);
  return ipv6Text();
}

function ipv4Text(): string {
  const high = groups[6]!;
  const low = groups[7]!;
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The longest run of zeros is `::`, the first of several; a single zero is none (RFC 5952, 4.2). */
function ipv6Text(): string {
  let gap = 8;
  let gapLength = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > gapLength) {
      gap = from;
      gapLength = to - from;
    }
    from = to;
  }
  if (gap === 8) return groupsText(0, 8);
  return `${groupsText(0, gap)}::${groupsText(gap + gapLength, 8)}`;
}

function groupsText(from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += (i === from ? "" : ":") + groups[i]!.toString(16);
  return text;
}

/** Reads four decimal numbers, and nothing else, into the groups at `at`. */
function readIpv4(text: string, start: number, end: number, at: number): boolean {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (octet === -1 || ++dots > 3) return false;
      address = address * 256 + octet;
      octet = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      // A leading zero would make it octal to some.
      if (octet === 0) return false;
      octet = (octet === -1 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return false;
    } else {
      return false;
    }
  }
  if (dots !== 3 || octet === -1) return false;
  address = address * 256 + octet;
  groups[at] = address >>> 16;
  groups[at + 1] = address & 0xffff;
  return true;
}

function readIpv6(text: string, start: number, end: number): boolean {
  const last = endOfAddress(text, start, end);
  let count = 0;
  /** Where the `::` is, in groups. */
  let gap = -1;
  let i = start;
  while (i < last) {
    if (text.charCodeAt(i) === 0x3a) {
      // Only `::`, and only once; a single colon is taken behind its group below.
      if (gap !== -1 || i + 1 >= last || text.charCodeAt(i + 1) !== 0x3a) return false;
      gap = count;
      i += 2;
      continue;
    }
    if (count === 8) return false;
    const groupStart = i;
    let value = 0;
    while (i < last) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit === -1) break;
      value = value * 16 + digit;
      i++;
    }
    if (i < last && text.charCodeAt(i) === 0x2e) {
      if (count > 6 || !readIpv4(text, groupStart, last, count)) return false;
      count += 2;
      break;
    }
    if (i === groupStart || i - groupStart > 4) return false;
    groups[count++] = value;
    if (i === last) break;
    if (text.charCodeAt(i) !== 0x3a) return false;
    // One colon, and something behind it; of `::` the first colon is left for the turn above.
    if (i + 1 === last) return false;
    if (text.charCodeAt(i + 1) !== 0x3a) i++;
  }
  if (gap === -1) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

/** A word whose first `bits` of 32 are set; none for less than 1, and all for more than 31. */
export function prefixMask(bits: number): number {
  // Shifting by 32 would be shifting by 0.
  if (bits >= 32) return -1;
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

/** Where an IPv6 address ends: before its zone, which is a name of printable characters. */
function endOfAddress(text: string, start: number, end: number): number {
  let percent = start;
  while (percent < end && text.charCodeAt(percent) !== 0x25) percent++;
  if (percent === end) return end;
  if (percent + 1 === end) return start;
  for (let i = percent + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return start;
  }
  return percent;
}
