import type { Handler } from "../core/handler.ts";
import type { Policy } from "../core/policy.ts";
import type { PolicyKind } from "../contract/policy-kind.ts";
import type { Route } from "../core/route.ts";
import { checkClaims } from "../config/claim-check.ts";
import { collectIssues, type ConfigIssue, type ConfigPath } from "../config/issue.ts";
import {
  isGroup,
  type Config,
  type GroupConfig,
  type RouteConfig,
  type RoutePoliciesConfig,
} from "../config/schema.ts";
import { handlerKinds } from "../handlers/index.ts";
import type { HandlerKind } from "../contract/handler-kind.ts";
import type { Around, RouteSummary, Surroundings } from "../contract/around.ts";
import { policyKinds } from "../policies/index.ts";
import type { Borrowing } from "../state/store.ts";
import type { State } from "../state/state.ts";
import type { RouteEntry } from "../router/router.ts";
import { forward } from "../services/forward.ts";
import type { Service } from "../services/service.ts";
import { AnyCredential } from "./any-credential.ts";
import { notFoundHandler } from "./automatic.ts";
import { nameOf, patternOf, type Entry } from "./entry-name.ts";
import { HeaderUses } from "./header-uses.ts";
import { NeedsCheck } from "./policy-needs.ts";
import { servicePathOf } from "./service-path.ts";

/** What a route has from the config and the groups around it. */
interface Inherited {
  readonly prefix: string;
  readonly hosts: readonly string[];
  readonly stripPrefix: boolean;
  /** The policies of each kind, outermost first: one, none where it is switched off, or several where they add up. */
  readonly policies: ReadonlyMap<PolicyKind, readonly Policy[]>;
}

export interface CompiledRoutes {
  readonly entries: RouteEntry<Route>[];
  readonly summaries: RouteSummary[];
  /** The routes that a service answers. */
  readonly forwards: Map<Route, Service>;
  readonly identityHeaders: Iterable<string>;
}

/** Compiles the routes of a config; mistakes are added to `issues`, and what they concern is left out. */
export function compileRoutes(
  config: Config,
  services: ReadonlyMap<string, Service>,
  surroundings: Surroundings,
  borrowing: Borrowing,
  issues: ConfigIssue[],
): CompiledRoutes {
  const compiler = new RouteCompiler(config, services, surroundings, borrowing, issues);
  const nothing: Inherited = { prefix: "", hosts: [], stripPrefix: false, policies: new Map() };
  const root = compiler.inherit(nothing, { policies: config.policies }, []);
  compiler.addFallback(root);
  compiler.addEntries(config.routes, root, ["routes"]);
  compiler.checkWhole();
  return compiler;
}

class RouteCompiler implements CompiledRoutes {
  readonly entries: RouteEntry<Route>[] = [];
  readonly summaries: RouteSummary[] = [];
  readonly forwards = new Map<Route, Service>();

  readonly #config: Config;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #surroundings: Surroundings;
  readonly #borrowing: Borrowing;
  readonly #issues: ConfigIssue[];
  readonly #needs: NeedsCheck;
  readonly #headers: HeaderUses;
  readonly #anyCredentials: AnyCredential[] = [];
  #namesTenant = false;

  constructor(
    config: Config,
    services: ReadonlyMap<string, Service>,
    surroundings: Surroundings,
    borrowing: Borrowing,
    issues: ConfigIssue[],
  ) {
    this.#config = config;
    this.#services = services;
    this.#surroundings = surroundings;
    this.#borrowing = borrowing;
    this.#issues = issues;
    this.#needs = new NeedsCheck(issues);
    this.#headers = new HeaderUses(issues);
  }

  get identityHeaders(): Iterable<string> {
    return this.#headers.identityHeaders;
  }

  addEntries(list: readonly (RouteConfig | GroupConfig)[], inherited: Inherited, path: ConfigPath): void {
    for (const [index, entry] of list.entries()) {
      const at = [...path, index];
      const own = this.inherit(inherited, entry, at);
      if (!isGroup(entry)) {
        this.#addRoute(entry, own, at);
        continue;
      }
      const inside = { ...own, prefix: own.prefix + entry.prefix };
      this.addFallback(inside);
      this.addEntries(entry.routes, inside, [...at, "routes"]);
    }
  }

  /**
   * What is not found below a prefix meets the prefix's policies first: unknown paths are neither free nor told to strangers. Those
   * that need what only the routes below establish, such as a limit by caller, have nobody to ask about.
   */
  addFallback(inherited: Inherited): void {
    this.entries.push({
      methods: [],
      hosts: inherited.hosts,
      path: inherited.prefix === "" ? "/" : inherited.prefix,
      fallback: true,
      value: {
        name: `${inherited.prefix}/* (no route)`,
        pattern: `${inherited.prefix}/*`,
        handler: notFoundHandler,
        service: "",
        policies: this.#compose(this.#withoutUnmet(inOrder(inherited.policies))),
        servicePath: undefined,
        limits: { bodyBytes: this.#config.limits.body },
        encodedSlashes: false,
      },
    });
  }

  /** Lays an entry's own fields over what it inherits, and makes its policies: once, for all routes that share them. */
  inherit(inherited: Inherited, entry: Entry, path: ConfigPath): Inherited {
    const policies = new Map(inherited.policies);
    for (const kind of kinds) {
      const config: unknown = entry.policies?.[kind.name as keyof RoutePoliciesConfig];
      if (config === undefined) continue;
      if (config === false) {
        policies.set(kind, []);
        continue;
      }
      const outer = policies.get(kind) ?? [];
      const amended = kind.amends?.(config) === true ? outer[0] : undefined;
      const policy = this.#createPolicy(
        kind,
        config,
        [...path, "policies", kind.name],
        patternOf(inherited, entry),
        this.#borrowing.at(...nameOf(inherited, entry), kind.name),
        amended,
      );
      policies.set(kind, kind.adds?.(config) === true ? [...outer, policy] : [policy]);
    }
    return {
      prefix: inherited.prefix,
      hosts: entry.host ?? inherited.hosts,
      stripPrefix: entry.stripPrefix ?? inherited.stripPrefix,
      policies,
    };
  }

  /** Checks what only shows once all of the config is known. */
  checkWhole(): void {
    this.#headers.checkUses();
    this.#checkTenants();
  }

  /** Tenants that nothing looks for would neither be limited nor suspended. */
  #checkTenants(): void {
    if (this.#namesTenant || Object.keys(this.#config.tenants).length === 0) return;
    const names = kinds.filter(({ namesTenant }) => namesTenant === true).map(({ name }) => name);
    const message = "no policy asks for which tenant a request is, so this is never looked at";
    this.#issues.push({
      path: ["tenants"],
      message,
      hint: `add to policies: ${names.join(" or ")}`,
      atKey: true,
    });
  }

  #createPolicy(
    kind: PolicyKind,
    config: unknown,
    path: ConfigPath,
    pattern: string,
    state: State,
    amended: Policy | undefined,
  ): Policy {
    // Where it cannot be made, something stands in its place: that routes lack it is not a second mistake.
    const around: Around = { ...this.#surroundings, place: path, state, pattern, amended };
    const policy = collectIssues(this.#issues, path, () => kind.create(config, around)) ?? {};
    this.#borrowing.beforeRelease(() => policy.close?.());
    this.#needs.add(policy, kind, config, path, amended);
    if (around.claimTypes !== undefined)
      checkClaims(kind.claims?.(config) ?? [], around.claimTypes, path, this.#issues);
    this.#namesTenant ||= kind.namesTenant === true;
    this.#headers.add(policy, kind, config, around, path);
    return policy;
  }

  #addRoute(config: RouteConfig, inherited: Inherited, path: ConfigPath): void {
    const pattern = inherited.prefix + config.path;
    const handler = this.#createHandler(config, inherited, path);
    if (handler === undefined) return;
    const methods = config.method ?? [];
    const policies = inOrder(inherited.policies);
    const route: Route = {
      name: config.id ?? `${methods.length === 0 ? "*" : methods.join(",")} ${pattern}`,
      pattern,
      handler,
      service: config.service ?? "",
      policies: this.#compose(policies),
      servicePath: servicePathOf(config.rewrite, inherited.stripPrefix ? inherited.prefix : ""),
      limits: { bodyBytes: config.limits?.body ?? this.#config.limits.body },
      encodedSlashes: config.encodedSlashes === true,
    };
    this.#needs.checkRoute(route.name, pattern, policies);
    this.#headers.checkRoute(route.name, policies);
    this.#headers.addMatch(config.headers, path);
    if (config.service !== undefined) this.forwards.set(route, this.#services.get(config.service)!);
    this.entries.push({
      methods,
      hosts: inherited.hosts,
      path: pattern,
      ...(config.headers === undefined ? {} : { headers: config.headers }),
      ...(config.query === undefined ? {} : { query: config.query }),
      value: route,
    });
    const auth = asksWhoIsCalling(policies);
    this.summaries.push({ path: pattern, methods, auth });
  }

  #withoutUnmet(list: [PolicyKind, Policy][]): [PolicyKind, Policy][] {
    const unmet = this.#needs.unmet(list);
    if (unmet.length === 0) return list;
    // Of a limit, only what it does once the caller is known.
    const left = new Set(unmet.map((policy) => policy.onceCallerIsKnown ?? policy));
    const rest = list.filter(([, policy]) => !left.has(policy));
    // What is left out may have established what another one needs.
    return rest.length === list.length ? list : this.#withoutUnmet(rest);
  }

  /** The policies that a request meets: of several that authenticate, the one whose credential it bears. */
  #compose(list: readonly (readonly [PolicyKind, Policy])[]): readonly Policy[] {
    const members = list.filter(([kind]) => kind.authenticates === true).map(([, policy]) => policy);
    const policies = list.map(([, policy]) => policy);
    // Where a mistake was found, something may stand in the place of a member, and nobody will use the route.
    if (members.length < 2 || this.#issues.length > 0) return policies;
    // Routes that share the members share what is made of them: whether two routes ask for the same is seen by identity.
    let any = this.#anyCredentials.find((candidate) => candidate.consistsOf(members));
    if (any === undefined) {
      any = new AnyCredential(members);
      this.#anyCredentials.push(any);
    }
    const first = policies.indexOf(members[0]!);
    return [
      ...policies.slice(0, first),
      any,
      ...policies.slice(first).filter((policy) => !members.includes(policy)),
    ];
  }

  #createHandler(config: RouteConfig, inherited: Inherited, path: ConfigPath): Handler | undefined {
    if (config.service !== undefined) {
      const service = this.#services.get(config.service)!;
      return { handle: (x) => forward(x, service) };
    }
    const { kind: name, config: own } = config.handler!;
    const kind = (handlerKinds as readonly HandlerKind[]).find((candidate) => candidate.name === name)!;
    return collectIssues(this.#issues, [...path, "handler", name], () =>
      kind.create(own, {
        ...this.#surroundings,
        place: [...path, "handler", name],
        state: this.#borrowing.at(...nameOf(inherited, config), "handler", name),
        pattern: patternOf(inherited, config),
      }),
    );
  }
}

const kinds: readonly PolicyKind[] = policyKinds;
/** Behind this one it is known who is calling, and for which tenant. */
const lastIdentifying = kinds.findLast(identifies);

/**
 * The policies that are on, in the order of `policies/index.ts`; what they do once the caller is known stands behind those who ask
 * for that.
 */
function inOrder(policies: ReadonlyMap<PolicyKind, readonly Policy[]>): [PolicyKind, Policy][] {
  const list: [PolicyKind, Policy][] = [];
  const late: [PolicyKind, Policy][] = [];
  for (const kind of kinds) {
    for (const policy of policies.get(kind) ?? []) {
      list.push([kind, policy]);
      if (policy.onceCallerIsKnown !== undefined) late.push([kind, policy.onceCallerIsKnown]);
    }
    if (kind === lastIdentifying && list.some(([kind]) => identifies(kind))) list.push(...late);
  }
  return list;
}

function identifies({ authenticates, namesTenant }: PolicyKind): boolean {
  return authenticates === true || namesTenant === true;
}

function asksWhoIsCalling(policies: readonly [PolicyKind, Policy][]): boolean {
  return policies.some(([kind]) => kind.authenticates === true);
}
