import type { AnyPolicy } from "../contract/any-policy.ts";
import type { Facts } from "../contract/facts.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { ConfigPath } from "../lib/config-path.ts";

/** A policy at its place in the config; routes that inherit it share it. */
export interface PlacedPolicy {
  readonly kind: AnyPolicyKind;
  readonly path: ConfigPath;
  readonly policy: AnyPolicy;
  readonly facts: Facts;
}
