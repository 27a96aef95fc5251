import type { Events } from "../core/events.ts";
import type { Exchange, Match } from "../core/exchange.ts";
import type { Handler } from "../core/handler.ts";
import type { Observer } from "../core/observer.ts";
import { createRoute, type Route } from "../core/route.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { ConfigError, type ConfigIssue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { checkSectionsUsed, readSections } from "../config/sections.ts";
import type { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { RouteSummary, Surroundings } from "../contract/around.ts";
import { closePolicy, type AnyPolicy } from "../contract/any-policy.ts";
import { Router } from "../router/router.ts";
import { Service } from "../services/service.ts";
import { methodNotAllowedHandler, notFoundHandler, serverOptionsHandler } from "./automatic.ts";
import { compileRoutes } from "./compile-routes.ts";
import { LaxServices } from "./lax-services.ts";

/** What the compiler is given beside the config. */
export interface CompileSettings {
  readonly host: Host;
  readonly events: Events;
  readonly deadlines: Deadlines;
  readonly observers: readonly Observer[];
  /** True when only this machine asks: every listener is on a loopback address, and no proxy there is trusted to speak for others. */
  readonly loopback: boolean;
  /** Whether the gateway takes traffic. */
  readonly ready: () => boolean;
}

/** A snapshot, with what must be closed when it is no longer used. */
export interface CompiledGateway {
  readonly snapshot: Snapshot;
  readonly services: ReadonlyMap<string, Service>;
  readonly policies: readonly AnyPolicy[];
  readonly routes: readonly RouteSummary[];
  /** Whether any route takes `%2F`. */
  readonly encodedSlashes: boolean;
}

/** Makes a config ready to serve; throws a `ConfigError` with all that policies and handlers find wrong. */
export function compile(config: Config, settings: CompileSettings): CompiledGateway {
  const { host, events, deadlines } = settings;
  const issues: ConfigIssue[] = [];
  const services = new Map<string, Service>();
  for (const [name, service] of Object.entries(config.services)) {
    services.set(name, new Service(name, service, host, events, deadlines));
  }
  let summaries: readonly RouteSummary[] = [];
  const around: Surroundings = {
    host,
    events,
    ...readSections(config, { host }, issues),
    gateway: {
      name: config.name,
      loopback: settings.loopback,
      ready: settings.ready,
      circuits: () => new Map([...services].map(([name, service]) => [name, service.circuit])),
      routes: () => summaries,
    },
  };
  const compiled = compileRoutes(config, services, around, issues);
  checkSectionsUsed(around, compiled.kinds, issues);
  if (issues.length > 0) {
    // Some may have begun to work at once, as with the first fetch of an issuer's keys.
    for (const policy of compiled.policies) void closePolicy(policy);
    throw new ConfigError(issues);
  }
  summaries = compiled.summaries;
  const router = new Router(compiled.entries);
  const unrouted = createRoute({
    handler: notFoundHandler,
    limits: { bodyBytes: config.limits.body },
  });
  const laxServices = new LaxServices(compiled.entries, compiled.forwards, router, unrouted);
  const encodedSlashes = compiled.entries.some((entry) => entry.value.encodedSlashes);
  return {
    services,
    policies: compiled.policies,
    routes: summaries,
    encodedSlashes,
    snapshot: {
      host,
      events,
      name: config.name,
      identityHeaders: [...compiled.identityHeaders],
      observers: settings.observers,
      unrouted,
      assignRoute(x) {
        assignRoute(x, router);
        laxServices.check(x);
      },
    },
  };
}

function assignRoute(x: Exchange, router: Router<Route>): void {
  const match = router.match(x.request);
  if (match.kind === "found") {
    take(x, "found", match.value, match.value.handler);
    x.params = match.params;
  } else if (match.kind === "methodNotAllowed") {
    // The policies of the path are asked first: who may not pass does not learn what methods there are.
    take(x, "methodNotAllowed", match.value, methodNotAllowedHandler(match.allow));
    x.params = match.params;
  } else if (x.request.path === "*") {
    take(x, "server", x.route, serverOptionsHandler);
  } else if (match.value !== undefined) {
    take(x, "notFound", match.value, match.value.handler);
  }
}

function take(x: Exchange, match: Match, route: Route, handler: Handler): void {
  x.match = match;
  x.route = route;
  x.handler = handler;
}
