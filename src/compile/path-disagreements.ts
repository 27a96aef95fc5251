import { NO_PARAMS } from "../core/exchange.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Handler } from "../core/handler.ts";
import { refuse } from "../core/reply.ts";
import type { Route } from "../core/route.ts";
import { AMBIGUOUS_PATH } from "../http/refusals.ts";
import { parsePattern, type Segment } from "../router/pattern.ts";
import { Router, RouterError, type RouteEntry } from "../router/router.ts";
import type { Service } from "../services/service.ts";

const ambiguousPathHandler: Handler = { handle: () => refuse(AMBIGUOUS_PATH) };

/**
 * Services that read paths more laxly than the router does: that decode `%2F`, take `/Admin` for `/admin`, or `/admin/` for
 * `/admin`. A request for which such a service would see a path of its own with policies that the request did not meet is
 * refused, however few services are like that: who writes a route for `/admin` beside one for `/*` does not think of it.
 */
export class PathDisagreements {
  readonly #exact: Router<Route>;
  readonly #unrouted: Route;
  readonly #forwards: ReadonlyMap<Route, Service>;
  readonly #segments = new Map<Route, readonly Segment[]>();
  /** The same routes by paths in one case. */
  readonly #folded: readonly Router<Route>[];
  /** Whether any route is more specific than this one, and guarded otherwise; worked out when first asked. */
  readonly #overshadowed = new Map<Route, boolean>();

  constructor(
    entries: readonly RouteEntry<Route>[],
    forwards: ReadonlyMap<Route, Service>,
    exact: Router<Route>,
    unrouted: Route,
  ) {
    this.#exact = exact;
    this.#unrouted = unrouted;
    this.#forwards = forwards;
    const folded: RouteEntry<Route>[] = [];
    for (const entry of entries) {
      if (!forwards.has(entry.value)) continue;
      const segments = foldedSegments(entry.path);
      this.#segments.set(entry.value, segments);
      folded.push({ ...entry, path: `/${segments.map(written).join("/")}` });
    }
    this.#folded = routersOver(folded);
  }

  /** Refuses the request of `x`, which has its route, where a service could read its path as one with other policies. */
  check(x: Exchange): void {
    const { route } = x;
    const { path } = x.request;
    const escaped = path.includes("%2F");
    if (escaped && !(route.encodedSlashes && this.#meetsDecoded(x))) return this.#refuse(x);
    if (x.match !== "found" || !this.#isOvershadowed(route)) return;
    const folded = foldCase(path);
    if (this.#mayBeTaken(x, folded) || (escaped && this.#mayBeTaken(x, folded.replaceAll("%2F", "/"))))
      this.#refuse(x);
  }

  /** Whether the route has the policies of what a service finds that decodes the slashes. */
  #meetsDecoded(x: Exchange): boolean {
    const decoded = this.#exact.match({ ...x.request, path: x.request.path.replaceAll("%2F", "/") });
    return decoded.value === undefined || meets(x.route, decoded.value);
  }

  #mayBeTaken(x: Exchange, path: string): boolean {
    for (const router of this.#folded) {
      // Of a slash more or less a service is only asked where the path as it is leads to nothing that names more of it.
      const other = this.#narrower(router, x, path) ?? this.#narrower(router, x, withOtherEnd(path));
      if (other !== undefined && this.#overshadows(other, x.route)) return true;
    }
    return false;
  }

  /** The route that a path leads to, if it names more of it than the request's own. */
  #narrower(router: Router<Route>, x: Exchange, path: string): Route | undefined {
    const { kind, value } = router.match({ ...x.request, path });
    if (kind !== "found" || value === x.route) return undefined;
    return isMoreSpecific(this.#segments.get(value)!, this.#segments.get(x.route)!) ? value : undefined;
  }

  #isOvershadowed(route: Route): boolean {
    const known = this.#overshadowed.get(route);
    if (known !== undefined) return known;
    let found = false;
    if (this.#forwards.has(route))
      for (const other of this.#forwards.keys()) found ||= this.#overshadows(other, route);
    this.#overshadowed.set(route, found);
    return found;
  }

  #overshadows(other: Route, route: Route): boolean {
    if (other === route || meets(route, other)) return false;
    const segments = this.#segments.get(route)!;
    return (
      shareTarget(this.#forwards.get(other)!, this.#forwards.get(route)!) &&
      isMoreSpecific(this.#segments.get(other)!, segments)
    );
  }

  #refuse(x: Exchange): void {
    x.match = "ambiguous";
    x.route = this.#unrouted;
    x.handler = ambiguousPathHandler;
    x.params = NO_PARAMS;
  }
}

/** Whether who meets the policies of `route` has met those of `other`. */
function meets(route: Route, other: Route): boolean {
  return other.steps.every(({ policy }) => route.steps.some((step) => step.policy === policy));
}

function shareTarget(one: Service, other: Service): boolean {
  return one.targets.some(({ authority }) => other.targets.some((target) => target.authority === authority));
}

/** Whether some path fits both, and `other` names more of it; an empty last segment is none. */
function isMoreSpecific(other: readonly Segment[], route: readonly Segment[]): boolean {
  for (let i = 0; ; i++) {
    const own = segmentAt(route, i);
    const its = segmentAt(other, i);
    if (own === undefined || its === undefined) return own?.kind === "rest";
    if (own.kind === "literal") {
      if (its.kind !== "literal" || its.text !== own.text) return false;
    } else if (its.kind !== own.kind) {
      return its.kind === "literal" || own.kind === "rest";
    } else if (own.kind === "rest") {
      return false;
    }
  }
}

function segmentAt(segments: readonly Segment[], i: number): Segment | undefined {
  const segment = segments[i];
  return segment?.kind === "literal" && segment.text === "" ? undefined : segment;
}

/** Routers that have all the entries together; those that only differ in their case stand in different ones. */
function routersOver(entries: readonly RouteEntry<Route>[]): Router<Route>[] {
  try {
    return [new Router(entries)];
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    const later = new Set(error.problems.map(({ indices }) => indices.at(-1)!));
    const first = entries.filter((_entry, index) => !later.has(index));
    return [...routersOver(first), ...routersOver(entries.filter((_entry, index) => later.has(index)))];
  }
}

function foldedSegments(pattern: string): Segment[] {
  const { segments = [] } = parsePattern(pattern) as { segments?: readonly Segment[] };
  return segments.map((segment) =>
    segment.kind === "literal" ? { kind: "literal", text: foldCase(segment.text) } : segment,
  );
}

function written(segment: Segment): string {
  if (segment.kind === "literal") return segment.text;
  return segment.kind === "rest" ? "*" : `{${segment.name}}`;
}

/** A canonical path or segment in one case, what is escaped UTF-8 included; still canonical. */
function foldCase(path: string): string {
  return path.replaceAll(/(?:%[89A-F][0-9A-F])+|%[0-7][0-9A-F]|[A-Z]+/g, (piece) => {
    if (!piece.startsWith("%")) return piece.toLowerCase();
    if (piece.length === 3) return piece;
    return encodeURIComponent(decodeURIComponent(piece).toUpperCase().toLowerCase());
  });
}

/** With a slash at its end, or without the one it has. */
function withOtherEnd(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
}
