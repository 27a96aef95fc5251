import type { Handler } from "../core/handler.ts";
import { UNMADE, type AnyPolicy } from "../contract/any-policy.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import { createRoute, type Route } from "../core/route.ts";
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
import { NO_FACTS, type Facts } from "../contract/facts.ts";
import type { Around, RouteSummary, Surroundings } from "../contract/around.ts";
import { policyKinds } from "../policies/index.ts";
import type { RouteEntry } from "../router/router.ts";
import { forward } from "../services/forward.ts";
import type { Service } from "../services/service.ts";
import { notFoundHandler } from "./automatic.ts";
import { StepComposer, type PlacedPolicy } from "./compose-steps.ts";
import { HeaderUses } from "./header-uses.ts";
import { NeedsCheck } from "./policy-needs.ts";
import { servicePathOf } from "./service-path.ts";

/** What a route has from the config and the groups around it. */
interface Inherited {
  readonly prefix: string;
  readonly hosts: readonly string[];
  readonly stripPrefix: boolean;
  /** The policies of each kind, outermost first: one, none where it is switched off, or several where they add up. */
  readonly policies: ReadonlyMap<AnyPolicyKind, readonly PlacedPolicy[]>;
}

export interface CompiledRoutes {
  readonly entries: RouteEntry<Route>[];
  readonly summaries: RouteSummary[];
  /** The routes that a service answers. */
  readonly forwards: Map<Route, Service>;
  readonly policies: readonly AnyPolicy[];
  /** Those of its policies. */
  readonly kinds: ReadonlySet<AnyPolicyKind>;
  readonly identityHeaders: Iterable<string>;
}

/** Compiles the routes of a config; mistakes are added to `issues`, and what they concern is left out. */
export function compileRoutes(
  config: Config,
  services: ReadonlyMap<string, Service>,
  surroundings: Surroundings,
  issues: ConfigIssue[],
): CompiledRoutes {
  const compiler = new RouteCompiler(config, services, surroundings, issues);
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
  readonly policies: AnyPolicy[] = [];
  readonly kinds = new Set<AnyPolicyKind>();

  readonly #config: Config;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #surroundings: Surroundings;
  readonly #issues: ConfigIssue[];
  readonly #needs: NeedsCheck;
  readonly #headers: HeaderUses;
  readonly #composer = new StepComposer();

  constructor(
    config: Config,
    services: ReadonlyMap<string, Service>,
    surroundings: Surroundings,
    issues: ConfigIssue[],
  ) {
    this.#config = config;
    this.#services = services;
    this.#surroundings = surroundings;
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
      value: createRoute({
        name: `${inherited.prefix}/* (no route)`,
        pattern: `${inherited.prefix}/*`,
        handler: notFoundHandler,
        steps: this.#composer.compose(this.#withoutUnmet(inOrder(inherited.policies))),
        limits: { bodyBytes: this.#config.limits.body },
      }),
    });
  }

  /** Lays an entry's own fields over what it inherits, and makes its policies: once, for all routes that share them. */
  inherit(
    inherited: Inherited,
    entry: {
      policies?: RoutePoliciesConfig | undefined;
      host?: readonly string[] | undefined;
      stripPrefix?: boolean | undefined;
      prefix?: string;
      path?: string;
    },
    path: ConfigPath,
  ): Inherited {
    const policies = new Map(inherited.policies);
    for (const kind of kinds) {
      const config: unknown = entry.policies?.[kind.name as keyof RoutePoliciesConfig];
      if (config === undefined) continue;
      if (config === false) {
        policies.set(kind, []);
        continue;
      }
      const outer = policies.get(kind) ?? [];
      const facts = kind.facts?.(config, this.#surroundings) ?? NO_FACTS;
      const amended = facts.inheritance === "amends" ? outer[0] : undefined;
      const placed = this.#createPolicy(
        kind,
        config,
        facts,
        [...path, "policies", kind.name],
        patternOf(inherited, entry),
        amended,
      );
      policies.set(kind, facts.inheritance === "adds" ? [...outer, placed] : [placed]);
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
  }

  #createPolicy(
    kind: AnyPolicyKind,
    config: unknown,
    facts: Facts,
    path: ConfigPath,
    pattern: string,
    amended: PlacedPolicy | undefined,
  ): PlacedPolicy {
    const around: Around = { ...this.#surroundings, place: path, pattern, amended: amended?.policy };
    // Where it cannot be made, something stands in its place: that routes lack it is not a second mistake.
    const policy = collectIssues(this.#issues, path, () => kind.create(config, around)) ?? UNMADE;
    const placed: PlacedPolicy = { kind, path, policy, facts };
    this.policies.push(policy);
    this.#needs.add(placed, amended);
    if (around.claimTypes !== undefined)
      checkClaims(facts.claims ?? [], around.claimTypes, path, this.#issues);
    this.kinds.add(kind);
    this.#headers.add(placed);
    return placed;
  }

  #addRoute(config: RouteConfig, inherited: Inherited, path: ConfigPath): void {
    const pattern = inherited.prefix + config.path;
    const handler = this.#createHandler(config, pattern, path);
    if (handler === undefined) return;
    const methods = config.method ?? [];
    const policies = inOrder(inherited.policies);
    const route = createRoute({
      name: config.id ?? `${methods.length === 0 ? "*" : methods.join(",")} ${pattern}`,
      pattern,
      handler,
      service: config.service ?? "",
      steps: this.#composer.compose(policies),
      servicePath: servicePathOf(config.rewrite, inherited.stripPrefix ? inherited.prefix : ""),
      limits: { bodyBytes: config.limits?.body ?? this.#config.limits.body },
      encodedSlashes: config.encodedSlashes === true,
    });
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
    this.summaries.push({ path: pattern, methods, auth: route.identity !== undefined });
  }

  #withoutUnmet(list: readonly PlacedPolicy[]): readonly PlacedPolicy[] {
    const unmet = this.#needs.unmet(list);
    if (unmet.length === 0) return list;
    const rest = list.flatMap((placed): readonly PlacedPolicy[] => {
      if (!unmet.includes(placed)) return [placed];
      // Of a limit, only what it does once the caller is known.
      const { policy } = placed;
      if (!("entrance" in policy)) return [];
      return [{ ...placed, policy: { entrance: policy.entrance, behind: undefined } }];
    });
    // What is left out may have established what another one needs.
    return this.#withoutUnmet(rest);
  }

  #createHandler(config: RouteConfig, pattern: string, path: ConfigPath): Handler | undefined {
    if (config.service !== undefined) {
      const service = this.#services.get(config.service)!;
      return { handle: (x) => forward(x, service) };
    }
    const { kind: name, config: own } = config.handler!;
    const kind = (handlerKinds as readonly HandlerKind[]).find((candidate) => candidate.name === name)!;
    return collectIssues(this.#issues, [...path, "handler", name], () =>
      kind.create(own, { ...this.#surroundings, place: [...path, "handler", name], pattern }),
    );
  }
}

/** What an entry's policies meet. */
function patternOf(
  { prefix }: Inherited,
  entry: { readonly prefix?: string; readonly path?: string },
): string {
  return entry.path === undefined ? `${prefix}${entry.prefix ?? ""}/*` : prefix + entry.path;
}

const kinds: readonly AnyPolicyKind[] = policyKinds;

/** The policies that are on, in the order of their kinds. */
function inOrder(policies: ReadonlyMap<AnyPolicyKind, readonly PlacedPolicy[]>): readonly PlacedPolicy[] {
  return kinds.flatMap((kind) => policies.get(kind) ?? []);
}
