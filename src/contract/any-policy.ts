import type { Authenticator } from "../core/authenticator.ts";
import type { Policy, StagedPolicy } from "../core/policy.ts";

/** What kinds make. */
export type AnyPolicy = Policy | StagedPolicy | Authenticator;

/** Stands for a policy that could not be made, or of which is only known that there is one. */
export const UNMADE: AnyPolicy = Object.freeze({});

/** Frees what it holds, once no request can meet it. */
export async function closePolicy(policy: AnyPolicy): Promise<void> {
  if (!("entrance" in policy)) return policy.close?.();
  try {
    await policy.entrance.close?.();
  } finally {
    await policy.behind?.close?.();
  }
}
