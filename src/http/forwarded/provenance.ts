import type { AddressSet } from "../../lib/address-ranges.ts";
import { canonicalAddress } from "../../lib/ip-address.ts";
import { canonicalAuthority } from "../authority.ts";
import type { HeaderList } from "../headers.ts";
import { lastElement, readForwardedHop } from "./forwarded.ts";
import { walkHops } from "./walk.ts";
import { lastValue, readXForwardedHop } from "./x-forwarded.ts";

/** Where a request comes from, as far as it is believed. */
export interface Provenance {
  /** The client's IP address: canonical text (RFC 5952), IPv4-mapped addresses as IPv4; empty when it has gone. */
  readonly address: string;
  /** How the client came: to a trusted proxy that says so, or to the gateway. */
  readonly scheme: "http" | "https";
  /** The authority that the client named, where a trusted proxy says so; else empty, and it is that of the request. */
  readonly host: string;
  /** The name for which the end of the connection asked a certificate (SNI), lower case; empty without one, or without TLS. */
  readonly serverName: string;
}

/** The fields in which proxies tell of their clients. */
export type ProxyHeaders = "x-forwarded" | "forwarded";

/** The end of a plain connection itself. */
export function directProvenance(address: string): Provenance {
  return { address: canonicalAddress(address), scheme: "http", host: "", serverName: "" };
}

/**
 * The proxies whose word on their clients counts, and the fields in which they give it.
 *
 * Measured, in CPU of a request that the gateway answers itself (medians of 5 rounds): 8.05 microseconds with a list of two
 * addresses, scheme and host of a trusted proxy, 7.56 with the same of a stranger, of which nothing is read, and 7.53 before
 * there was trust. Forwarded with two hops takes a microsecond more.
 */
export class TrustedProxies {
  readonly #addresses: AddressSet;
  readonly #fields: ProxyHeaders;

  constructor(addresses: AddressSet, fields: ProxyHeaders) {
    this.#addresses = addresses;
    this.#fields = fields;
  }

  trusts(peer: Provenance): boolean {
    return this.#addresses.has(peer.address);
  }

  /**
   * Where a request comes from that a trusted `peer` has sent. Only the fields that the proxies write are read: the others are
   * passed on by most proxies as the client has sent them. Of the scheme and the host the last word counts, the one of
   * the nearest proxy.
   */
  provenanceOf(headers: HeaderList, peer: Provenance, authority: string): Provenance {
    return this.#fields === "forwarded"
      ? this.#ofForwarded(headers, peer, authority)
      : this.#ofXForwarded(headers, peer, authority);
  }

  #ofXForwarded(headers: HeaderList, peer: Provenance, authority: string): Provenance {
    const chain = headers.joined("x-forwarded-for");
    const proto = headers.joined("x-forwarded-proto");
    const host = headers.joined("x-forwarded-host");
    if (chain === undefined && proto === undefined && host === undefined) return peer;
    return {
      address:
        chain === undefined
          ? peer.address
          : walkHops(chain, peer.address, this.#addresses, readXForwardedHop),
      scheme: proto === undefined ? peer.scheme : readScheme(lastValue(proto), peer.scheme),
      host: host === undefined ? peer.host : readHost(lastValue(host), authority),
      serverName: peer.serverName,
    };
  }

  #ofForwarded(headers: HeaderList, peer: Provenance, authority: string): Provenance {
    const chain = headers.joined("forwarded");
    if (chain === undefined) return peer;
    const { proto, host } = lastElement(chain, chain.length);
    return {
      address: walkHops(chain, peer.address, this.#addresses, readForwardedHop),
      scheme: readScheme(proto, peer.scheme),
      host: readHost(host, authority),
      serverName: peer.serverName,
    };
  }
}

/** The scheme of a WebSocket is that of the request which opens it. What is none leaves the connection's own. */
function readScheme(value: string, own: Provenance["scheme"]): Provenance["scheme"] {
  const scheme = value.toLowerCase();
  if (scheme === "https" || scheme === "wss") return "https";
  if (scheme === "http" || scheme === "ws") return "http";
  return own;
}

/** As strict as for the Host field; most proxies say the same in both, and that has been read already. */
function readHost(value: string, authority: string): string {
  return value === authority ? authority : (canonicalAuthority(value) ?? "");
}
