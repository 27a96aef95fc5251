import type { PolicyKind } from "../core/policy.ts";

/** Every kind of policy, in the order in which requests meet them; responses meet them backwards. */
export const policyKinds = [] as const satisfies readonly PolicyKind[];
