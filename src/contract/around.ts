import type { ClaimTypes } from "../callers/claim-type.ts";
import type { Revocations } from "../callers/revocations.ts";
import type { SigningKeys } from "../callers/signing-keys.ts";
import type { Events } from "../core/events.ts";
import type { Tenant } from "../core/tenant.ts";
import type { Host } from "../host/host.ts";
import type { State } from "../state/state.ts";
import type { AnyPolicy } from "./any-policy.ts";

/** What policies and handlers find at every place of a config. */
export interface Surroundings {
  readonly host: Host;
  /** Where they tell what whoever runs the gateway wants to know. */
  readonly events: Events;
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** The plans that there are; undefined where the config does not list them, and any name is one. */
  readonly plans: readonly string[] | undefined;
  /** The types of claims that were said, with those of the standard; undefined where none were. */
  readonly claimTypes: ClaimTypes | undefined;
  /** The zones of revoked tokens, by name. */
  readonly revocations: ReadonlyMap<string, Revocations>;
  /** The keys that the gateway signs with, by the names of their lists. */
  readonly signingKeys: ReadonlyMap<string, SigningKeys>;
  readonly gateway: GatewayView;
}

/** What stands around a policy or a handler, at its place in the config. */
export interface Around extends Surroundings {
  /** Where in the config it stands, as keys and indexes from the root. */
  readonly place: readonly (string | number)[];
  /** What it keeps while configs come and go. */
  readonly state: State;
  /** The configured path with the prefixes of the groups around it: of a route's, or of all below a group, as in `/api/*`. */
  readonly pattern: string;
  /** The policy of its kind in the groups around it, where it amends that. */
  readonly amended?: AnyPolicy | undefined;
}

/** What the gateway says of itself. */
export interface GatewayView {
  /** Its name, for `index` and `Via`. */
  readonly name: string;
  /** True when only this machine asks: every listener is on a loopback address, and no proxy there is trusted to speak for others. */
  readonly loopback: boolean;
  /** True once traffic is accepted, false again from the first moment of a shutdown. */
  ready(): boolean;
  /** Each service's circuit, by service name, in the order of the config. */
  circuits(): ReadonlyMap<string, "closed" | "open" | "half-open">;
  /** Every route of the config, complete only after the config is compiled: call it per request. */
  routes(): readonly RouteSummary[];
}

export interface RouteSummary {
  readonly path: string;
  /** Empty for a route that takes any method. */
  readonly methods: readonly string[];
  /** True when a policy of the route asks who is calling. */
  readonly auth: boolean;
}
