import type { PolicyKind } from "../core/policy.ts";
import { allowPolicy } from "./allow/policy.ts";
import { compressPolicy } from "./compress/policy.ts";
import { corsPolicy } from "./cors/policy.ts";
import { internalTokenPolicy } from "./internal-token/policy.ts";
import { jwtPolicy } from "./jwt/policy.ts";
import { rateLimitPolicy } from "./rate-limit/policy.ts";
import { tenantPolicy } from "./tenant/policy.ts";

/** Every kind of policy, in the order in which requests meet them; responses meet them backwards. */
export const policyKinds = [
  // First: preflights bear no token, and every refusal below must be readable by the page that is let in.
  corsPolicy,
  // Before what refuses, so that it sees refusals on their way out as well.
  compressPolicy,
  // By address, before any cryptography: a flood of bad tokens costs its sender's bucket, not the gateway.
  rateLimitPolicy,
  jwtPolicy,
  // Behind all that authenticate: what a credential says of its tenant binds the rest of the request.
  tenantPolicy,
  // Behind whatever says who is calling.
  allowPolicy,
  // Last of these: what is refused needs no signature.
  internalTokenPolicy,
] as const satisfies readonly PolicyKind[];
