import type { AddressSet } from "../../lib/address-ranges.ts";
import { canonicalAddress } from "../../lib/ip-address.ts";

/** More hops than any honest request takes; the walk ends at a proxy then, so that a list cannot buy time. */
const MOST_HOPS = 32;

/** One hop of a list, read from its end. */
export interface Hop {
  /** Where the hop begins: before it is a comma, or nothing. */
  start: number;
  /** The canonical address of who sent the request to this hop; empty when none can be read. */
  address: string;
}

/** Reads the hop that ends at `end` into `hop`. */
export type ReadHop = (list: string, end: number, hop: Hop) => void;

/** Used again for each hop: nothing keeps it. */
const hop: Hop = { start: 0, address: "" };

/**
 * The client's address, of a list to which every proxy adds at the end who sent the request to it; `peer` is the trusted
 * proxy that the list came from. From right to left, each hop is believed as long as the proxy that wrote it is trusted, so
 * the first address that is not trusted is the client's: what stands left of it is only its word. When all are trusted it
 * is the leftmost.
 *
 * A hop without an address (malformed, empty, `unknown`, obfuscated) ends the walk at the trusted proxy that wrote it. Its
 * clients then share that proxy's address: their limits are too strict, and nobody has an address that he chose.
 */
export function walkHops(list: string, peer: string, trusted: AddressSet, readHop: ReadHop): string {
  let address = peer;
  let end = list.length;
  for (let hops = 0; hops < MOST_HOPS && end >= 0; hops++) {
    readHop(list, end, hop);
    if (hop.address === "") break;
    address = hop.address;
    if (!trusted.has(address)) break;
    end = hop.start - 1;
  }
  return address;
}

/**
 * The address of a node between `start` and `end`: with or without a port, an IPv6 address with a port in brackets. A port is a
 * number, or obfuscated (RFC 7239, 6.2). Empty when it is none of these.
 */
export function nodeAddress(text: string, start: number, end: number): string {
  let addressStart = start;
  let addressEnd = end;
  let portStart = end;
  if (text[start] === "[") {
    const close = text.indexOf("]", start);
    if (close === -1 || close >= end || !hasColon(text, start, close)) return "";
    addressStart++;
    addressEnd = close;
    portStart = close + 1;
  } else {
    const colon = text.indexOf(":", start);
    // With a second colon it is an IPv6 address, and then all of it.
    if (colon !== -1 && colon < end && !hasColon(text, colon + 1, end)) {
      addressEnd = colon;
      portStart = colon;
    }
  }
  if (portStart < end && !isPort(text, portStart, end)) return "";
  return canonicalAddress(text, addressStart, addressEnd);
}

function hasColon(text: string, start: number, end: number): boolean {
  const colon = text.indexOf(":", start);
  return colon !== -1 && colon < end;
}

function isPort(text: string, start: number, end: number): boolean {
  return /^:(?:[0-9]{1,5}|_[A-Za-z0-9._-]{1,64})$/.test(text.slice(start, end));
}
