import type { z } from "zod";
import type { Host } from "../host/host.ts";
import type { RefusalKind } from "../http/refusal.ts";
import type { NamedClaim } from "./claim-name.ts";
import type { ClaimTypes } from "./claim-type.ts";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";
import type { Revocations } from "./revocations.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Tenant } from "./tenant.ts";

/**
 * A check or change applied to the requests of a route. Hooks stay synchronous wherever they can: the pipeline only
 * waits when one returns a promise. A hook that throws is an internal error (500), logged once.
 */
export interface Policy {
  /**
   * Of a policy that establishes who is calling: whether the request bears a credential of its kind, good or bad. Where it does
   * not, `request` answers at once, with the challenge of its scheme. Such a policy has no hooks but these two.
   */
  bears?(x: Exchange): boolean;
  /**
   * Of such a policy: the challenges (RFC 9110, 11.6.1) by which a request without a credential is told what it may bear, as values of
   * `WWW-Authenticate`. Where credentials are optional, they are for whoever then finds that one is needed.
   */
  readonly challenges?: readonly string[];
  /** Before the handler. A reply answers now, and the handler is not asked. */
  request?(x: Exchange): Reply | void | Promise<Reply | void>;
  /** When the response's head is known, in reverse order; may change status and headers of `x.response`. */
  response?(x: Exchange): void | Promise<void>;
  /** Exactly once, when the exchange is over, aborted or not, if the request hook was reached. */
  done?(x: Exchange): void;
  /** What it does once all policies that ask who is calling have been passed: a policy of its own, behind them. */
  readonly onceCallerIsKnown?: Policy;
  close?(): void | Promise<void>;
}

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
  identityHeaders?(config: z.output<S>, surroundings?: PolicySurroundings): readonly string[];
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
  /** True when the config only says what changes in the policy of its kind around it, which `create` is given. */
  amends?(config: z.output<S>): boolean;
  /** The names of the files that the policy reads, for who runs the gateway with no rights but those that it needs. */
  files?(config: z.output<S>): readonly string[];
  /**
   * Makes one policy for one place in the config; routes that inherit it share it. `amended` is the policy of its kind around
   * that place, where `amends` asks for it and there is one. Throws a `PolicyConfigError` for what the schema cannot see.
   */
  create(config: z.output<S>, host: Host, surroundings?: PolicySurroundings, amended?: Policy): Policy;
}

/** What the top of the config says to policies; a policy that asks for none of it can be made without. */
export interface PolicySurroundings {
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** The plans that there are; undefined where the config does not list them, and any name is one. */
  readonly plans: readonly string[] | undefined;
  /** The types of claims that were said, with those of the standard; undefined where none were. */
  readonly claimTypes?: ClaimTypes | undefined;
  /** The zones of revoked tokens, by name; undefined where there are none. */
  readonly revocations?: ReadonlyMap<string, Revocations>;
  /** The keys that the gateway signs with, by the names of their lists. */
  readonly signingKeys: ReadonlyMap<string, SigningKeys>;
}

/** Those of a config whose top says nothing. */
export const NO_SURROUNDINGS: PolicySurroundings = {
  tenants: new Map(),
  plans: undefined,
  signingKeys: new Map(),
};

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

/** A config that its schema accepts and that still cannot work, such as a secret too short for its algorithm. */
export class PolicyConfigError extends Error {
  /** Where, below the policy's own config. */
  readonly path: readonly (string | number)[];
  readonly hint: string | undefined;

  constructor(message: string, path: readonly (string | number)[] = [], hint?: string) {
    super(message);
    this.name = "PolicyConfigError";
    this.path = path;
    this.hint = hint;
  }
}

/** Calls `create`; the places of what it finds wrong (`PolicyConfigError`) are below `path`. */
export function below<T>(path: readonly (string | number)[], create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof PolicyConfigError)) throw error;
    throw new PolicyConfigError(error.message, [...path, ...error.path], error.hint);
  }
}
