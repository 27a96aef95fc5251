import type { Config } from "../config/schema.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { TrustedProxies } from "../http/forwarded/provenance.ts";
import type { RequestLimits } from "../http/h1/request-parser.ts";
import { AddressSet } from "../lib/address-ranges.ts";

/** Bounds on what is open and held at a door, for all of its clients together. */
export interface DoorBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** The most heads that have begun and not ended. */
  readonly maxHeads: number;
  /** The most bytes that are held of unfinished messages. */
  readonly heldBytes: number;
}

/** How long a client is waited for, in milliseconds. */
export interface ClientTimeouts {
  readonly head: number;
  readonly body: number;
  readonly idle: number;
  readonly write: number;
}

/** What a config says to those who enter by a door. Immutable: another config is another of these, put in its place as a whole. */
export interface DoorRules {
  readonly snapshot: Snapshot;
  readonly requestLimits: RequestLimits;
  readonly timeouts: ClientTimeouts;
  /** Proxies whose word on their clients counts. */
  readonly proxies: TrustedProxies;
  readonly bounds: DoorBounds;
}

/** The rules that a config and what was compiled of it make for the door at `entry`. */
export function doorRules(
  entry: Config["listen"],
  { limits, timeouts }: Pick<Config, "limits" | "timeouts">,
  { snapshot, encodedSlashes }: { readonly snapshot: Snapshot; readonly encodedSlashes: boolean },
): DoorRules {
  return {
    snapshot,
    requestLimits: {
      targetBytes: limits.target,
      headBytes: limits.head,
      headerCount: limits.headerCount,
      encodedSlashes,
    },
    timeouts,
    proxies: new TrustedProxies(new AddressSet(entry.trustedProxies), entry.proxyHeaders),
    bounds: {
      maxConnections: limits.maxConnections,
      maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
      maxHeads: limits.maxHeads,
      heldBytes: limits.held,
    },
  };
}
