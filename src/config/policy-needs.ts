import type { ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import { suggest } from "../lib/suggest.ts";
import type { PolicyNeeds } from "../contract/facts.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import { policyKinds } from "../policies/index.ts";
import { parsePattern } from "../router/pattern.ts";
import type { PlacedPolicy } from "./placed-policy.ts";

interface Needy {
  readonly kind: AnyPolicyKind;
  readonly path: ConfigPath;
  readonly needs: PolicyNeeds;
}

/**
 * Holds that routes have what their policies need. A rule on the caller's role would refuse every request where nothing says who is
 * calling, a parameter that a path does not have equals nothing, and a credential that two policies take for their own passes neither.
 */
export class NeedsCheck {
  readonly #issues: ConfigIssue[];
  /** Of these it has been told that they share a credential. */
  readonly #told = new Set<PlacedPolicy>();
  readonly #needy = new Map<PlacedPolicy, readonly Needy[]>();

  constructor(issues: ConfigIssue[]) {
    this.#issues = issues;
  }

  /** `amended`: the policy that it changes, whose needs it has as well. */
  add(placed: PlacedPolicy, amended: PlacedPolicy | undefined): void {
    const { kind, path, facts } = placed;
    const own = (facts.needs ?? []).map((one) => ({
      kind,
      path: [...path, ...(one.path ?? [])],
      needs: one,
    }));
    const inherited = amended === undefined ? [] : (this.#needy.get(amended) ?? []);
    if (own.length + inherited.length > 0) this.#needy.set(placed, [...inherited, ...own]);
  }

  /** Each policy is told of once, at its own place, with the first route that does not suit it. */
  checkRoute(name: string, pattern: string, policies: readonly PlacedPolicy[]): void {
    for (const placed of policies) {
      for (const needy of this.#needy.get(placed) ?? []) {
        const problem =
          describeUnmet(needy, placed, name, policies) ?? describeParam(needy.needs.params, name, pattern);
        if (problem === undefined) continue;
        this.#issues.push({ path: needy.path, ...problem });
        this.#needy.delete(placed);
        break;
      }
    }
    this.#checkCredentials(name, policies);
  }

  /** Those that would refuse every request: nothing establishes the caller or the tenant that they need. */
  unmet(policies: readonly PlacedPolicy[]): readonly PlacedPolicy[] {
    return policies.filter((placed) =>
      (this.#needy.get(placed) ?? []).some(
        (needy) => describeUnmet(needy, placed, "", policies) !== undefined,
      ),
    );
  }

  #checkCredentials(route: string, policies: readonly PlacedPolicy[]): void {
    const takers = new Map<string, string>();
    for (const placed of policies) {
      const { name } = placed.kind;
      const credentials = this.#told.has(placed) ? [] : (placed.facts.credentials ?? []);
      const shared = credentials.find((one) => takers.has(one));
      if (shared === undefined) {
        for (const one of credentials) takers.set(one, name);
        continue;
      }
      const other = takers.get(shared)!;
      this.#issues.push({
        path: placed.path,
        message: `${other} and ${name} both take ${shared}, and the route ${route} has both`,
        hint: `give it one of them: write ${other}: false beside ${name}, or ${name}: false beside ${other}`,
      });
      this.#told.add(placed);
    }
  }
}

type Problem = Pick<ConfigIssue, "message" | "hint">;

function describeUnmet(
  { kind, needs }: Needy,
  placed: PlacedPolicy,
  route: string,
  policies: readonly PlacedPolicy[],
): Problem | undefined {
  if (needs.outer === true && policies.find((other) => other.kind === kind) === placed)
    return describeOuter(kind, route);
  const establishes = ({ establishes }: AnyPolicyKind): boolean =>
    (needs.caller && establishes === "caller") || (needs.tenant === true && establishes === "tenant");
  if ((needs.caller || needs.tenant === true) && !policies.some(({ kind }) => establishes(kind)))
    return describeMissing(kind, needs.caller ? "who is calling" : "for the tenant", establishes, route);
  return undefined;
}

function describeMissing(
  { name }: AnyPolicyKind,
  what: string,
  establishes: (kind: AnyPolicyKind) => boolean,
  route: string,
): Problem {
  const establishing = (policyKinds as readonly AnyPolicyKind[]).filter(establishes).map(({ name }) => name);
  return {
    message: `${name} asks ${what}, and no policy of the route ${route} establishes that`,
    hint: `give the route ${establishing.length > 1 ? "one of " : ""}${establishing.join(", ")}; or ${name}: false`,
  };
}

function describeOuter({ name }: AnyPolicyKind, route: string): Problem {
  return {
    message: `this adds to a policy ${name} of a group around it, and the route ${route} has none`,
    hint: `give a group around it, or the whole gateway, ${name} with all it takes, or do so here`,
  };
}

function describeParam(wanted: readonly string[], route: string, pattern: string): Problem | undefined {
  const parsed = parsePattern(pattern);
  const names = (parsed.problem === undefined ? parsed.segments : []).flatMap((segment) =>
    segment.kind === "param" ? [segment.name] : [],
  );
  const missing = wanted.find((name) => !names.includes(name));
  if (missing === undefined) return undefined;
  return {
    message: `the path of the route ${route} has no {${missing}} to compare with`,
    hint: names.length === 0 ? "the path has no parameters" : suggest(missing, names),
  };
}
