import type { z } from "zod";
import type { NamedClaim } from "../callers/claim-name.ts";
import type { Policy } from "../core/policy.ts";
import type { RefusalKind } from "../http/refusal.ts";
import type { Around } from "./around.ts";

/** A kind of policy: what `policies/index.ts` lists and the config names. */
export interface PolicyKind<N extends string = string, S extends z.ZodType = z.ZodType> {
  /** The key under `policies` in the config. */
  readonly name: N;
  /** One sentence for docs and editors. */
  readonly summary: string;
  /** Strict, every field described, defaults inside. */
  readonly config: S;
  /** Every refusal that the policy can answer with; docs are made from it. */
  readonly refusals: readonly RefusalKind[];
  /** True when the policy establishes who is calling; `index` tells clients which routes ask for it. */
  readonly authenticates?: boolean;
  /** True when the policy establishes whose request it is; limits by tenant ask for it. */
  readonly namesTenant?: boolean;
  /**
   * What the policy takes for credentials of its own, in words, as "Bearer credentials" or "the query parameter key". A config in
   * which a route has two policies that take the same is refused: it would be of two kinds, and no request could pass.
   */
  credentials?(config: z.output<S>): readonly string[];
  /**
   * The request headers (lower case) by which the policy tells services who is calling. The gateway deletes them from
   * what clients send on every route, also on those without the policy: a service cannot tell which route a request took.
   */
  identityHeaders?(config: z.output<S>, around: Around): readonly string[];
  /**
   * The request headers (lower case) that the policy looks for in what clients send, and where its config says so. One that is an
   * identity header would never be there; a config with such a one is refused.
   */
  clientHeaders?(config: z.output<S>): readonly { header: string; path: readonly (string | number)[] }[];
  /** What every route that has the policy must have as well; a config in which one has not is refused. */
  needs?(config: z.output<S>): PolicyNeeds | readonly PolicyNeeds[];
  /** The claims that the config names: a name that no claim has, and what no value of a claim ever is, are refused. */
  claims?(config: z.output<S>): readonly NamedClaim[];
  /**
   * True when the policy does not take the place of those of its kind in the groups around it, as others do, but is asked after
   * them: where a narrower rule must not drop a wider one unseen.
   */
  adds?(config: z.output<S>): boolean;
  /** True when the config only says what changes in the policy of its kind around it, which `create` finds as `around.amended`. */
  amends?(config: z.output<S>): boolean;
  /** The names of the files that the policy reads, for who runs the gateway with no rights but those that it needs. */
  files?(config: z.output<S>): readonly string[];
  /**
   * Makes one policy for one place in the config; routes that inherit it share it. Throws a
   * `ConfigMistake` for what the schema cannot see.
   */
  create(config: z.output<S>, around: Around): Policy;
}

/** What a policy asks of the routes that have it. */
export interface PolicyNeeds {
  /** A policy that establishes who is calling. */
  readonly caller: boolean;
  /** A policy that establishes the tenant; where `caller` is asked for as well, one of the two is enough. */
  readonly tenant?: boolean;
  /** Another policy of its kind, from a group around it, that it adds to. */
  readonly outer?: boolean;
  /** Names of `{param}`s of the path. */
  readonly params: readonly string[];
  /** The place below the policy's config that asks for it; by default the config itself. */
  readonly path?: readonly (string | number)[];
}
