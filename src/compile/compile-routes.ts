import type { Handler } from "../core/handler.ts";
import type { RouteSummary, Surroundings } from "../contract/around.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import { createRoute, type Route } from "../core/route.ts";
import type { ConfigIssue } from "../config/issue.ts";
import { KindMaker, routeName } from "../config/make-kinds.ts";
import type { PlacedPolicy } from "../config/placed-policy.ts";
import { placesOf, type Place } from "../config/places.ts";
import type { Config } from "../config/schema.ts";
import { isGroup, type RouteTree } from "../config/tree.ts";
import type { Borrowing } from "../state/store.ts";
import type { RouteEntry } from "../router/router.ts";
import { forward } from "../services/forward.ts";
import type { Service } from "../services/service.ts";
import { notFoundHandler } from "./automatic.ts";
import { StepComposer } from "./compose-steps.ts";
import { servicePathOf } from "./service-path.ts";

export interface CompiledRoutes {
  readonly entries: readonly RouteEntry<Route>[];
  readonly summaries: readonly RouteSummary[];
  /** The routes that a service answers. */
  readonly forwards: ReadonlyMap<Route, Service>;
  /** Those of its policies. */
  readonly kinds: ReadonlySet<AnyPolicyKind>;
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
  const maker = new KindMaker(config.use, surroundings, borrowing, issues);
  const compiler = new RouteCompiler(config, services, maker);
  for (const place of placesOf<never>(config)) compiler.add(place);
  maker.headers.checkUses();
  const { entries, summaries, forwards } = compiler;
  const { kinds, headers } = maker;
  return { entries, summaries, forwards, kinds, identityHeaders: headers.identityHeaders };
}

class RouteCompiler {
  readonly entries: RouteEntry<Route>[] = [];
  readonly summaries: RouteSummary[] = [];
  readonly forwards = new Map<Route, Service>();

  readonly #bodyBytes: number;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #maker: KindMaker;
  readonly #composer: StepComposer;

  constructor(config: Config, services: ReadonlyMap<string, Service>, maker: KindMaker) {
    this.#bodyBytes = config.limits.body;
    this.#services = services;
    this.#maker = maker;
    this.#composer = new StepComposer(config.use);
  }

  add(place: Place): void {
    const policies = this.#maker.makePolicies(place);
    if (isGroup(place.entry)) return this.#addFallback(place, policies);
    const service = this.#services.get(place.entry.service ?? "");
    const made = this.#maker.makeRoute(place.entry, place, policies);
    const handler: Handler | undefined =
      service === undefined ? made : { handle: (x) => forward(x, service) };
    if (handler !== undefined) this.#addRoute(place.entry, place, policies, handler, service);
  }

  /**
   * What is not found below a prefix meets the prefix's policies first: unknown paths are neither free nor told to strangers. Those
   * that need what only the routes below establish, such as a limit by caller, have nobody to ask about.
   */
  #addFallback({ prefix, pattern, hosts }: Place, policies: readonly PlacedPolicy[]): void {
    this.entries.push({
      methods: [],
      hosts,
      path: prefix === "" ? "/" : prefix,
      fallback: true,
      value: createRoute({
        name: `${pattern} (no route)`,
        pattern,
        handler: notFoundHandler,
        steps: this.#composer.compose(this.#withoutUnmet(policies)),
        limits: { bodyBytes: this.#bodyBytes },
      }),
    });
  }

  #addRoute(
    config: RouteTree<never>,
    { prefix, pattern, hosts, stripPrefix }: Place,
    policies: readonly PlacedPolicy[],
    handler: Handler,
    service: Service | undefined,
  ): void {
    const methods = config.method ?? [];
    const route = createRoute({
      name: routeName(config, pattern),
      pattern,
      handler,
      service: config.service ?? "",
      steps: this.#composer.compose(policies),
      servicePath: servicePathOf(config.rewrite, stripPrefix ? prefix : ""),
      limits: { bodyBytes: config.limits?.body ?? this.#bodyBytes },
      encodedSlashes: config.encodedSlashes === true,
    });
    if (service !== undefined) this.forwards.set(route, service);
    this.entries.push({
      methods,
      hosts,
      path: pattern,
      ...(config.headers === undefined ? {} : { headers: config.headers }),
      ...(config.query === undefined ? {} : { query: config.query }),
      value: route,
    });
    this.summaries.push({ path: pattern, methods, auth: route.identity !== undefined });
  }

  #withoutUnmet(list: readonly PlacedPolicy[]): readonly PlacedPolicy[] {
    const unmet = this.#maker.needs.unmet(list);
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
}
