import type { Authenticator } from "../core/authenticator.ts";
import type { Exchange } from "../core/exchange.ts";
import { IdentityStep } from "../core/identity-step.ts";
import type { Policy } from "../core/policy.ts";
import type { Reply } from "../core/reply.ts";
import type { Step } from "../core/route.ts";

/** Steps out of policies, in their order. */
export function testSteps(policies: readonly Policy[]): readonly Step[] {
  return policies.map((policy, i) => ({ kind: "test", place: `policies[${i}]`, stage: "entrance", policy }));
}

/** Asks an authenticator as the identity step of a route does that has no other. */
export function identify(authenticator: Authenticator, x: Exchange): Reply | void | Promise<Reply | void> {
  return new IdentityStep([authenticator]).request(x);
}
