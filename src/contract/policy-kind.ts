import type { z } from "zod";
import type { Authenticator } from "../core/authenticator.ts";
import type { Policy, StagedPolicy } from "../core/policy.ts";
import type { RefusalKind } from "../http/refusal.ts";
import type { Around } from "./around.ts";
import type { Facts } from "./facts.ts";

/** A kind of policy: what `policies/index.ts` lists in one of the stages, and the config names. */
export interface PolicyKind<N extends string = string, S extends z.ZodType = z.ZodType> extends Kind<N, S> {
  readonly establishes?: "tenant";
  /**
   * Makes one policy for one place in the config; routes that inherit it share it. Throws a
   * `ConfigMistake` for what the schema cannot see.
   */
  create(config: z.output<S>, around: Around): Policy;
}

/** A kind that is listed in two stages, and makes what stands in each. */
export interface StagedPolicyKind<N extends string = string, S extends z.ZodType = z.ZodType> extends Kind<
  N,
  S
> {
  readonly establishes?: "tenant";
  create(config: z.output<S>, around: Around): StagedPolicy;
}

/** A kind that establishes who is calling, in the stage of identity; `index` tells clients which routes ask for it. */
export interface AuthenticatorKind<N extends string = string, S extends z.ZodType = z.ZodType> extends Kind<
  N,
  S
> {
  readonly establishes: "caller";
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

/** What a kind of policy says of itself. */
interface Kind<N extends string, S extends z.ZodType> {
  /** The key under `policies` in the config. */
  readonly name: N;
  /** One sentence for docs and editors. */
  readonly summary: string;
  /** Strict, every field described, defaults inside. */
  readonly config: S;
  /** Every refusal that the policy can answer with; docs are made from it. */
  readonly refusals: readonly RefusalKind[];
  /**
   * What requests know behind the policy: who is calling, or for which tenant they are. Others that ask for that stand behind it; the
   * handler `index` tells clients which routes ask who is calling.
   */
  readonly establishes?: "caller" | "tenant";
  /** What a config asks of all that is around it. Neither files nor the machine are touched; a policy need not be made of it. */
  facts?(config: z.output<S>, around: Pick<Around, "tenants">): Facts;
}
