import type { NamedClaim } from "../callers/claim-name.ts";

/** A place below a policy's own config. */
type Path = readonly (string | number)[];

/**
 * What one config of a policy asks of everything around it, as the compiler checks it: routes, claims, headers, other policies. What it
 * leaves out, it asks nothing of.
 */
export interface Facts {
  /**
   * How it stands to the policies of its kind in the groups around it. `replaces` (the default) takes their place; `adds` is asked after
   * them, so that a narrower rule does not drop a wider one unseen; `amends` only says what changes in the one around, which `create` finds
   * as `around.amended`.
   */
  readonly inheritance?: "replaces" | "adds" | "amends";
  /**
   * What the policy takes for credentials of its own, in words, as "Bearer credentials" or "the query parameter key". A config in which
   * a route has two policies that take the same is refused: the credential would be of two kinds, and no request could pass.
   */
  readonly credentials?: readonly string[];
  /**
   * The request headers (lower case) by which the policy tells services who is calling. The gateway deletes them from what clients
   * send on every route, also on those without the policy: a service cannot tell which route a request took.
   */
  readonly identityHeaders?: readonly string[];
  /** The request headers that it looks for in what clients send. One that is an identity header would never be there: that is refused. */
  readonly clientHeaders?: readonly ClientHeader[];
  /** What every route that has the policy must have as well; a config in which one has not is refused. */
  readonly needs?: readonly PolicyNeeds[];
  /** The claims that the config names: a name that no claim has, and what no value of a claim ever is, are refused. */
  readonly claims?: readonly NamedClaim[];
}

export interface ClientHeader {
  /** In lower case. */
  readonly header: string;
  /** Where the config names it. */
  readonly path: Path;
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
  /** The place that asks for it; by default the config itself. */
  readonly path?: Path;
}

export const NO_FACTS: Facts = Object.freeze({});
