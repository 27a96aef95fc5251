import type { z } from "zod";
import type { NamedClaim } from "../callers/claim-name.ts";
import type { Authenticator } from "../core/authenticator.ts";
import type { Policy, StagedPolicy } from "../core/policy.ts";
import type { RefusalKind } from "../http/refusal.ts";
import type { Around } from "./around.ts";

/** A kind of policy: what `policies/index.ts` lists in one of the stages, and the config names. */
export interface PolicyKind<N extends string = string, S extends z.ZodType = z.ZodType> extends KindFacts<
  N,
  S
> {
  readonly authenticates?: never;
  /**
   * Makes one policy for one place in the config; routes that inherit it share it. Throws a
   * `ConfigMistake` for what the schema cannot see.
   */
  create(config: z.output<S>, around: Around): Policy;
}

/** A kind that is listed in two stages, and makes what stands in each. */
export interface StagedPolicyKind<
  N extends string = string,
  S extends z.ZodType = z.ZodType,
> extends KindFacts<N, S> {
  readonly authenticates?: never;
  create(config: z.output<S>, around: Around): StagedPolicy;
}

/** A kind that establishes who is calling, in the stage of identity; `index` tells clients which routes ask for it. */
export interface AuthenticatorKind<
  N extends string = string,
  S extends z.ZodType = z.ZodType,
> extends KindFacts<N, S> {
  readonly authenticates: true;
  create(config: z.output<S>, around: Around): Authenticator;
}

export type AnyPolicyKind = PolicyKind | StagedPolicyKind | AuthenticatorKind;

/** What kinds make. */
export type AnyPolicy = Policy | StagedPolicy | Authenticator;

/** Stands for a policy that could not be made, or of which is only known that there is one. */
export const UNMADE: AnyPolicy = Object.freeze({});

/** Frees what it holds, once no request can meet it. */
export async function closePolicy(policy: AnyPolicy): Promise<void> {
  if (!("entrance" in policy)) return policy.close?.();
  await policy.entrance.close?.();
  await policy.behind?.close?.();
}

/** What a kind of policy says of itself, and of what a config asks. */
interface KindFacts<N extends string, S extends z.ZodType> {
  /** The key under `policies` in the config. */
  readonly name: N;
  /** One sentence for docs and editors. */
  readonly summary: string;
  /** Strict, every field described, defaults inside. */
  readonly config: S;
  /** Every refusal that the policy can answer with; docs are made from it. */
  readonly refusals: readonly RefusalKind[];
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
