import type { Events } from "../core/events.ts";
import type { Exchange, Match } from "../core/exchange.ts";
import type { Handler } from "../core/handler.ts";
import type { Observer } from "../core/observer.ts";
import { InFlight } from "../core/in-flight.ts";
import { createRoute, type Route } from "../core/route.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { ConfigError, type ConfigIssue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { checkSectionsUsed, readSections } from "../config/sections.ts";
import type { Deadlines } from "../host/deadlines.ts";
import type { Host } from "../host/host.ts";
import type { Borrowing, StateStore } from "../state/store.ts";
import type { RouteSummary, Surroundings } from "../contract/around.ts";
import { Router } from "../router/router.ts";
import { Service } from "../services/service.ts";
import { methodNotAllowedHandler, notFoundHandler, serverOptionsHandler } from "./automatic.ts";
import { compileRoutes } from "./compile-routes.ts";
import { PathDisagreements } from "./path-disagreements.ts";

/** What the compiler is given beside the config. */
export interface CompileSettings {
  readonly host: Host;
  readonly events: Events;
  readonly deadlines: Deadlines;
  /** What is kept while configs come and go. */
  readonly state: StateStore;
  /** Who sees the exchanges of the snapshot. */
  readonly observers: ObserversOf;
  /** True when only this machine asks: every listener is on a loopback address, and no proxy there is trusted to speak for others. */
  readonly loopback: boolean;
  /** Whether the gateway takes traffic. */
  readonly ready: () => boolean;
}

/** Makes the observers of a snapshot, which may set aside for each route what they write into. */
export type ObserversOf = (snapshot: Omit<Snapshot, "observers">) => readonly Observer[];

/** A snapshot, with what is asked of it besides serving. */
export interface CompiledGateway {
  readonly snapshot: Snapshot;
  readonly services: ReadonlyMap<string, Service>;
  readonly routes: readonly RouteSummary[];
  /** Whether any route takes `%2F`. */
  readonly encodedSlashes: boolean;
  /** Closes what only this snapshot uses; to be called when its last exchange is over. Calling it again changes nothing. */
  release(): Promise<void>;
}

/**
 * Makes a config ready to serve, with the state that is there for it; throws a `ConfigError` with all that policies and handlers find
 * wrong, and has changed nothing then.
 */
export function compile(config: Config, settings: CompileSettings): CompiledGateway {
  const borrowing = settings.state.borrow();
  try {
    return { ...compileWith(borrowing, config, settings), release: () => borrowing.release() };
  } catch (error) {
    // Some may have begun to work at once, as with the first fetch of an issuer's keys. What is wrong is told already.
    borrowing.release().catch(() => {});
    throw error;
  }
}

function compileWith(
  borrowing: Borrowing,
  config: Config,
  settings: CompileSettings,
): Omit<CompiledGateway, "release"> {
  const { host, events, deadlines } = settings;
  const issues: ConfigIssue[] = [];
  const services = new Map<string, Service>();
  for (const [name, service] of Object.entries(config.services)) {
    services.set(name, new Service(name, service, host, events, deadlines, borrowing.at("service", name)));
  }
  let summaries: readonly RouteSummary[] = [];
  const around: Surroundings = {
    host,
    events,
    ...readSections(config, { host, state: borrowing.at("sections") }, issues),
    gateway: {
      name: config.name,
      loopback: settings.loopback,
      ready: settings.ready,
      circuits: () => new Map([...services].map(([name, service]) => [name, service.circuit])),
      routes: () => summaries,
    },
  };
  const compiled = compileRoutes(config, services, around, borrowing, issues);
  checkSectionsUsed(around, compiled.kinds, issues);
  if (issues.length > 0) throw new ConfigError(issues);
  summaries = compiled.summaries;
  const router = new Router(compiled.entries);
  const unrouted = createRoute({
    handler: notFoundHandler,
    limits: { bodyBytes: config.limits.body },
  });
  const pathDisagreements = new PathDisagreements(compiled.entries, compiled.forwards, router, unrouted);
  const encodedSlashes = compiled.entries.some((entry) => entry.value.encodedSlashes);
  const seen: Omit<Snapshot, "observers"> = {
    host,
    events,
    name: config.name,
    identityHeaders: [...compiled.identityHeaders],
    inFlight: new InFlight(),
    routes: compiled.entries.map(({ value }) => value),
    unrouted,
    assignRoute(x) {
      assignRoute(x, router);
      pathDisagreements.check(x);
    },
  };
  const snapshot: Snapshot = { ...seen, observers: settings.observers(seen) };
  return { services, routes: summaries, encodedSlashes, snapshot };
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
