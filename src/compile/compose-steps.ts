import { formatPath } from "../lib/config-path.ts";
import type { PlacedPolicy } from "../config/placed-policy.ts";
import type { AnyPolicy } from "../contract/any-policy.ts";
import type { OwnPolicyKind } from "../contract/own-policy.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { Authenticator } from "../core/authenticator.ts";
import { IdentityStep } from "../core/identity-step.ts";
import type { Policy } from "../core/policy.ts";
import type { Stage, Step } from "../core/route.ts";
import { policyStages } from "../policies/index.ts";

/** Makes the steps of routes out of the policies that they have, in the order of `policies/index.ts`; users' own stand last in their stage. */
export class StepComposer {
  /** Routes that share their authenticators share the step: whether two routes ask for the same is seen by identity. */
  readonly #identitySteps: IdentityStep[] = [];
  readonly #kinds: Readonly<Record<Stage, readonly AnyPolicyKind[]>>;

  constructor(own: readonly OwnPolicyKind[] = []) {
    const { entrance, identity, behind } = policyStages;
    const ownAt = (stage: Stage): readonly AnyPolicyKind[] => own.filter((kind) => kind.stage === stage);
    this.#kinds = {
      entrance: [...entrance, ...ownAt("entrance")],
      identity,
      behind: [...behind, ...ownAt("behind")],
    };
  }

  compose(policies: readonly PlacedPolicy[]): readonly Step[] {
    return [
      ...this.#stepsAt("entrance", policies),
      ...this.#identify(policies),
      ...this.#stepsAt("identity", policies),
      ...this.#stepsAt("behind", policies),
    ];
  }

  #stepsAt(stage: Stage, policies: readonly PlacedPolicy[]): readonly Step[] {
    return this.#policiesAt(stage, policies).flatMap(({ kind, path, policy }) => {
      const part = partAt(stage, policy);
      return part === undefined ? [] : [{ kind: kind.name, place: formatPath(path), stage, policy: part }];
    });
  }

  #policiesAt(stage: Stage, policies: readonly PlacedPolicy[]): readonly PlacedPolicy[] {
    return this.#kinds[stage].flatMap((kind) => policies.filter((placed) => placed.kind === kind));
  }

  /** One step for all that authenticate. */
  #identify(policies: readonly PlacedPolicy[]): readonly Step[] {
    const asked = this.#policiesAt("identity", policies).filter(({ policy }) => isAuthenticator(policy));
    if (asked.length === 0) return [];
    const kind = asked.map(({ kind }) => kind.name).join(", ");
    const place = asked.map(({ path }) => formatPath(path)).join(", ");
    const policy = this.#identityStep(asked.map(({ policy }) => policy).filter(isAuthenticator));
    return [{ kind, place, stage: "identity", policy }];
  }

  #identityStep(authenticators: readonly Authenticator[]): IdentityStep {
    let step = this.#identitySteps.find((known) => isSame(known.authenticators, authenticators));
    if (step === undefined) this.#identitySteps.push((step = new IdentityStep(authenticators)));
    return step;
  }
}

/** What of a policy stands in a stage as it is. */
function partAt(stage: Stage, policy: AnyPolicy): Policy | undefined {
  if (isAuthenticator(policy)) return undefined;
  if (!("entrance" in policy)) return policy;
  return stage === "identity" ? undefined : policy[stage];
}

function isAuthenticator(policy: AnyPolicy): policy is Authenticator {
  return "identify" in policy;
}

function isSame(one: readonly Authenticator[], other: readonly Authenticator[]): boolean {
  return one.length === other.length && one.every((authenticator, i) => authenticator === other[i]);
}
