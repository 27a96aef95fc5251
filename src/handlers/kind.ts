import type { z } from "zod";
import type { Handler } from "../core/handler.ts";
import type { Revocations } from "../core/revocations.ts";
import type { SigningKeys } from "../core/signing-keys.ts";
import type { Host } from "../host/host.ts";
import type { RefusalKind } from "../http/refusal.ts";

/** A kind of handler: what `handlers/index.ts` lists and a route's `handler` names. */
export interface HandlerKind<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly name: N;
  readonly summary: string;
  readonly config: S;
  readonly refusals: readonly RefusalKind[];
  /** Throws a `PolicyConfigError` for what the schema cannot see. */
  create(config: z.output<S>, surroundings: Surroundings): Handler;
}

/** What a handler may know of the gateway that it stands in. */
export interface Surroundings {
  /** The configured path of the route that it answers, with its groups' prefixes. */
  readonly pattern: string;
  readonly host: Host;
  /** The gateway's name, for `index` and `Via`. */
  readonly gatewayName: string;
  /** True when only this machine asks: every listener is on a loopback address, and no proxy there is trusted to speak for others. */
  readonly loopback: boolean;
  /** The keys that the gateway signs with, by the names of the config's `signingKeys`. */
  readonly signingKeys: ReadonlyMap<string, SigningKeys>;
  /** The zones of revoked tokens, by name. */
  readonly revocations: ReadonlyMap<string, Revocations>;
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
