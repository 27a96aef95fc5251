import { isOwnPolicyKind } from "../contract/define-policy.ts";
import type { OwnPolicyKind } from "../contract/own-policy.ts";
import { policyKinds } from "../policies/index.ts";
import type { ConfigIssue } from "./issue.ts";
import { isObject } from "./plain.ts";

/** The policies of a config's own, and the rest of it, as it is written. */
export interface Used {
  /** Undefined where it uses none. */
  readonly use: readonly OwnPolicyKind[] | undefined;
  readonly written: unknown;
  readonly issues: readonly ConfigIssue[];
}

/** Takes `use` out of a config: what it lists decides what the rest may be. */
export function takeUse(config: unknown): Used {
  if (!isObject(config) || config["use"] === undefined)
    return { use: undefined, written: config, issues: [] };
  const { use: listed, ...written } = config;
  const hint = "a policy is what definePolicy returns, in a config in TypeScript or JavaScript";
  if (!Array.isArray(listed))
    return {
      use: undefined,
      written,
      issues: [{ path: ["use"], message: "expected a list of policies", hint }],
    };
  const issues: ConfigIssue[] = [];
  const use: OwnPolicyKind[] = [];
  for (const [index, kind] of (listed as unknown[]).entries()) {
    const path = ["use", index];
    if (!isOwnPolicyKind(kind)) {
      issues.push({ path, message: "expected a policy", hint });
    } else if (policyKinds.some(({ name }) => name === kind.name)) {
      const message = `${kind.name} is the name of a policy that the gateway has`;
      issues.push({ path, message, hint: "give the policy another name" });
    } else if (use.some(({ name }) => name === kind.name)) {
      const message = `two policies are called ${kind.name}`;
      issues.push({ path, message, hint: "give one of them another name, or leave it out" });
    } else {
      use.push(kind);
    }
  }
  return { use, written, issues };
}
