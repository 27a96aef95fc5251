import type { Snapshot } from "../../core/snapshot.ts";
import {
  directProvenance,
  TrustedProxies,
  type Provenance,
  type ProxyHeaders,
} from "../../http/forwarded/provenance.ts";
import type { RequestLimits } from "../../http/h1/request-parser.ts";
import type { RequestHead } from "../../http/head.ts";
import { AddressSet, type AddressRange } from "../../lib/address-ranges.ts";

/** What a config says of a listener. */
export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
  /** Proxies whose word on their clients counts. */
  readonly trustedProxies: readonly AddressRange[];
  /** Where they give it. */
  readonly proxyHeaders: ProxyHeaders;
  /** Every connection comes from a trusted proxy, and begins with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
  readonly limits: RequestLimits;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** The most heads that have begun and not ended. */
  readonly maxHeads: number;
  /** The most bytes that are held of unfinished messages. */
  readonly heldBytes: number;
  /** Milliseconds. */
  readonly timeouts: {
    readonly head: number;
    readonly body: number;
    readonly idle: number;
    readonly write: number;
  };
}

/** What a listener serves with until it is replaced, which connections see at their next head. */
export interface Current {
  readonly snapshot: Snapshot;
  readonly limits: RequestLimits;
  readonly timeouts: ListenerSettings["timeouts"];
  readonly proxies: TrustedProxies;
}

export function currentOf(snapshot: Snapshot, settings: ListenerSettings): Current {
  const { limits, timeouts, trustedProxies, proxyHeaders } = settings;
  const proxies = new TrustedProxies(new AddressSet(trustedProxies), proxyHeaders);
  return { snapshot, limits, timeouts, proxies };
}

/** The limits of the present, for parsers that live longer than those with which they began. */
export class CurrentLimits implements RequestLimits {
  readonly #listener: { readonly current: Current };

  constructor(listener: { readonly current: Current }) {
    this.#listener = listener;
  }

  get targetBytes(): number {
    return this.#listener.current.limits.targetBytes;
  }

  get headBytes(): number {
    return this.#listener.current.limits.headBytes;
  }

  get headerCount(): number {
    return this.#listener.current.limits.headerCount;
  }

  get encodedSlashes(): boolean {
    return this.#listener.current.limits.encodedSlashes;
  }
}

/** The other end of a connection, which may be a proxy that is believed what it says of its clients. */
export class Peer {
  readonly itself: Provenance;
  /** Those that were asked whether it is one of them, and what they said. */
  #proxies: TrustedProxies;
  #trusted: boolean;

  constructor(address: string, proxies: TrustedProxies) {
    this.itself = directProvenance(address);
    this.#proxies = proxies;
    this.#trusted = proxies.trusts(this.itself);
  }

  /** Where a request comes from. Of a peer that is not trusted, nothing that it says of others is read. */
  provenanceOf(head: RequestHead, proxies: TrustedProxies): Provenance {
    if (proxies !== this.#proxies) {
      this.#proxies = proxies;
      this.#trusted = proxies.trusts(this.itself);
    }
    return this.#trusted ? proxies.provenanceOf(head.headers, this.itself, head.authority) : this.itself;
  }
}
