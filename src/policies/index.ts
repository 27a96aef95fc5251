import type { AuthenticatorKind, PolicyKind, StagedPolicyKind } from "../contract/policy-kind.ts";
import { allowPolicy } from "./allow/policy.ts";
import { apiKeyPolicy } from "./api-key/policy.ts";
import { authFailuresPolicy } from "./auth-failures/policy.ts";
import { basicPolicy } from "./basic/policy.ts";
import { compressPolicy } from "./compress/policy.ts";
import { corsPolicy } from "./cors/policy.ts";
import { internalTokenPolicy } from "./internal-token/policy.ts";
import { introspectionPolicy } from "./introspection/policy.ts";
import { ipPolicy } from "./ip/policy.ts";
import { jwtPolicy } from "./jwt/policy.ts";
import { rateLimitPolicy } from "./rate-limit/policy.ts";
import { validatePolicy } from "./validate/policy.ts";
import { tenantPolicy } from "./tenant/policy.ts";

/** Before it is known who is calling. */
const entrance = [
  // First: preflights bear no token, and every refusal below must be readable by the page that is let in.
  corsPolicy,
  // Before what refuses, so that it sees refusals on their way out as well.
  compressPolicy,
  // Before all that costs anything: who may not come in takes no tokens and has nothing verified.
  ipPolicy,
  // What is limited by address, before any cryptography: a flood of bad tokens costs its sender's bucket, not the gateway.
  rateLimitPolicy,
  // Before what it counts the failures of: who has failed too often costs no cryptography.
  authFailuresPolicy,
] as const satisfies readonly (PolicyKind | StagedPolicyKind)[];

/** Who is calling, and for which tenant. */
const identity = [
  // These are one step: a request passes by the one whose credential it bears.
  jwtPolicy,
  introspectionPolicy,
  apiKeyPolicy,
  basicPolicy,
  // Behind all that authenticate: what a credential says of its tenant binds the rest of the request.
  tenantPolicy,
] as const satisfies readonly (AuthenticatorKind | PolicyKind)[];

/** What may depend on that. */
const behind = [
  // What is limited by caller or tenant.
  rateLimitPolicy,
  // Behind whatever says who is calling.
  allowPolicy,
  // A body is only asked for of who may send one, and what was checked is what the handler gets.
  validatePolicy,
  // Last: what is refused needs no signature.
  internalTokenPolicy,
] as const satisfies readonly (PolicyKind | StagedPolicyKind)[];

/** Every kind of policy, in the order in which requests meet them; responses meet them backwards. */
export const policyStages = { entrance, identity, behind };

/** Each of them once. */
export const policyKinds = [...new Set([...entrance, ...identity, ...behind])];
