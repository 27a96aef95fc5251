import { closePolicy, UNMADE } from "../contract/any-policy.ts";
import type { Around, Surroundings } from "../contract/around.ts";
import { NO_FACTS } from "../contract/facts.ts";
import type { HandlerKind } from "../contract/handler-kind.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { Handler } from "../core/handler.ts";
import { handlerKinds } from "../handlers/index.ts";
import { policyKinds } from "../policies/index.ts";
import type { Borrowing } from "../state/store.ts";
import { checkClaims } from "./claim-check.ts";
import { HeaderUses } from "./header-uses.ts";
import { collectIssues, type ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import type { PlacedPolicy } from "./placed-policy.ts";
import { nameOf, type Place } from "./places.ts";
import { NeedsCheck } from "./policy-needs.ts";
import { HOLE, type Hole, type RouteTree } from "./tree.ts";

/** By kind, outermost first: one policy, none where it is switched off, or several where they add up. */
type Policies = ReadonlyMap<AnyPolicyKind, readonly PlacedPolicy[]>;

/**
 * Makes the policies and handlers of a config, place by place in the order of `placesOf`, and finds what is wrong with them, alone and
 * together. Mistakes are added to `issues`.
 */
export class KindMaker {
  /** Those of all policies so far. */
  readonly kinds = new Set<AnyPolicyKind>();
  readonly needs: NeedsCheck;
  readonly headers: HeaderUses;
  /** Those that there are: the gateway's and the config's own. */
  readonly #known: readonly AnyPolicyKind[];
  readonly #surroundings: Surroundings;
  readonly #borrowing: Borrowing;
  readonly #issues: ConfigIssue[];
  readonly #byPlace = new Map<Place<Hole>, Policies>();

  constructor(
    own: readonly AnyPolicyKind[] | undefined,
    surroundings: Surroundings,
    borrowing: Borrowing,
    issues: ConfigIssue[],
  ) {
    this.#known = [...policyKinds, ...(own ?? [])];
    this.#surroundings = surroundings;
    this.#borrowing = borrowing;
    this.#issues = issues;
    this.needs = new NeedsCheck(issues);
    this.headers = new HeaderUses(issues);
  }

  /** Makes the policies of a place, once for all that share them: what requests meet there, in the order of their kinds. */
  makePolicies(place: Place<Hole>): readonly PlacedPolicy[] {
    const policies = new Map(place.around && this.#byPlace.get(place.around));
    const own = place.entry.policies === HOLE ? {} : (place.entry.policies ?? {});
    for (const kind of this.#known) {
      const config = own[kind.name];
      if (config === undefined) continue;
      const outer = policies.get(kind) ?? [];
      const made = config === false ? [] : [this.#makePolicy(kind, config, place, outer[0])];
      policies.set(kind, made[0]?.facts.inheritance === "adds" ? [...outer, ...made] : made);
    }
    this.#byPlace.set(place, policies);
    return this.#known.flatMap((kind) => policies.get(kind) ?? []);
  }

  /** Makes the handler of a route, and checks the route as a whole; undefined where a service answers it, or it could not be made. */
  makeRoute(
    route: RouteTree<Hole>,
    place: Place<Hole>,
    policies: readonly PlacedPolicy[],
  ): Handler | undefined {
    const { path, pattern } = place;
    if (pattern === HOLE) return undefined;
    const handler = this.#makeHandler(route.handler, place);
    this.headers.addMatch(route.headers === HOLE ? {} : route.headers, path);
    if (place.complete) {
      const name = routeName(route, pattern);
      this.needs.checkRoute(name, pattern, policies);
      this.headers.checkRoute(name, policies);
    }
    return handler;
  }

  #makePolicy(
    kind: AnyPolicyKind,
    config: unknown,
    place: Place<Hole>,
    outer: PlacedPolicy | undefined,
  ): PlacedPolicy {
    const path = [...place.path, "policies", kind.name];
    this.kinds.add(kind);
    if (config === HOLE) return { kind, path, policy: UNMADE, facts: NO_FACTS };
    const facts = collectIssues(
      this.#issues,
      path,
      () => kind.facts?.(config, this.#surroundings) ?? NO_FACTS,
    );
    if (facts === undefined) return { kind, path, policy: UNMADE, facts: NO_FACTS };
    const amended = facts.inheritance === "amends" ? outer : undefined;
    // Where it cannot be told whether there is one to amend, there may be.
    const unknown = place.complete ? undefined : UNMADE;
    const around = { ...this.#aroundAt(place, path, kind.name), amended: amended?.policy ?? unknown };
    // Where it cannot be made, something stands in its place: that routes lack it is not a second mistake.
    const policy = collectIssues(this.#issues, path, () => kind.create(config, around)) ?? UNMADE;
    this.#borrowing.beforeRelease(() => closePolicy(policy));
    const placed: PlacedPolicy = { kind, path, policy, facts };
    this.needs.add(placed, amended);
    if (around.claimTypes !== undefined)
      checkClaims(facts.claims ?? [], around.claimTypes, path, this.#issues);
    this.headers.add(placed);
    return placed;
  }

  #makeHandler(handler: RouteTree<Hole>["handler"], place: Place<Hole>): Handler | undefined {
    if (handler === undefined || handler === HOLE) return undefined;
    const kind = (handlerKinds as readonly HandlerKind[]).find(({ name }) => name === handler.kind)!;
    const path = [...place.path, "handler", kind.name];
    return collectIssues(this.#issues, path, () =>
      kind.create(handler.config, this.#aroundAt(place, path, "handler", kind.name)),
    );
  }

  #aroundAt(place: Place<Hole>, path: ConfigPath, ...name: readonly string[]): Around {
    const state = this.#borrowing.at(...nameOf(place), ...name);
    return {
      ...this.#surroundings,
      place: path,
      state,
      pattern: place.pattern === HOLE ? "/*" : place.pattern,
    };
  }
}

/** What logs and mistakes call a route: its id, or its methods and path. */
export function routeName({ id, method }: RouteTree<Hole>, pattern: string): string {
  if (typeof id === "string") return id;
  const methods = method === undefined || method === HOLE ? [] : method;
  return `${methods.length === 0 ? "*" : methods.join(",")} ${pattern}`;
}
