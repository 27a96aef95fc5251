import { suggest } from "../lib/suggest.ts";
import { compileConditions } from "../router/conditions.ts";
import { parsePattern } from "../router/pattern.ts";
import type { ConfigIssue } from "./issue.ts";
import { formatPath, type ConfigPath } from "../lib/config-path.ts";
import type { Place } from "./places.ts";
import { HOLE, isGroup, type GroupTree, type Hole, type RouteTree } from "./tree.ts";

type AnyPlace = Place<Hole>;
type Route = RouteTree<Hole>;

/** What a route takes that was seen before. */
interface Seen {
  readonly path: ConfigPath;
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * Finds what no single field of groups and routes shows: references, contradictions, routes that nothing can reach. Of what depends on
 * a hole it says nothing.
 */
export function checkRoutes(
  places: Iterable<AnyPlace>,
  services: readonly string[],
  issues: ConfigIssue[],
): void {
  const checks = new RouteChecks(services, issues);
  for (const place of places) {
    if (isGroup(place.entry)) checks.checkGroup(place.entry, place);
    else checks.checkRoute(place.entry, place);
  }
}

class RouteChecks {
  readonly #issues: ConfigIssue[];
  readonly #services: readonly string[];
  readonly #ids = new Map<string, ConfigPath>();
  /** By pattern and conditions: what such routes take. */
  readonly #seen = new Map<string, Seen[]>();

  constructor(services: readonly string[], issues: ConfigIssue[]) {
    this.#services = services;
    this.#issues = issues;
  }

  checkGroup({ prefix: own, stripPrefix }: GroupTree<Hole>, { prefix, path }: AnyPlace): void {
    if (own === HOLE || own === "" || prefix === HOLE) return;
    const { problem } = parsePattern(prefix);
    if (problem !== undefined)
      this.#report([...path, "prefix"], `with the prefix around it, ${prefix}: ${problem}`);
    if (stripPrefix === true) this.#checkStrippable(prefix, path);
  }

  checkRoute(route: Route, place: AnyPlace): void {
    const { path, prefix, pattern } = place;
    this.#checkAnswer(route, path);
    this.#checkId(route.id, path);
    if (prefix === HOLE) return;
    if (route.stripPrefix === true) {
      if (prefix === "") {
        this.#report([...path, "stripPrefix"], "there is no prefix to strip: the route stands in no group");
      }
      this.#checkStrippable(prefix, path);
    }
    if (pattern === HOLE) return;
    const parsed = parsePattern(pattern);
    if (parsed.problem !== undefined) {
      if (prefix === "" || parsePattern(prefix).problem === undefined) {
        this.#report([...path, "path"], `with the prefix around it, ${pattern}: ${parsed.problem}`);
      }
      return;
    }
    const names: string[] = [];
    let shape = "";
    for (const segment of parsed.segments) {
      if (segment.kind === "literal") shape += `/${segment.text}`;
      else shape += segment.kind === "param" ? "/{}" : "/*";
      if (segment.kind !== "literal") names.push(segment.kind === "param" ? segment.name : "*");
    }
    this.#checkRewrite(route.rewrite, names, path);
    if (route.encodedSlashes === true && names.includes("*") && route.rewrite !== undefined) {
      const message = "a rewrite does not tell the slashes of * from encoded ones";
      this.#report([...path, "encodedSlashes"], message, "use {param} in place of *, or no rewrite", true);
    }
    this.#checkTaken(route, shape, place);
  }

  #checkAnswer(route: Route, path: ConfigPath): void {
    const { service, handler } = route;
    if (service === undefined && handler === undefined) {
      this.#report(
        path,
        "the route has nothing that answers it",
        "add service: with a service's name, or handler:",
      );
    } else if (service !== undefined && handler !== undefined) {
      this.#report([...path, "handler"], "the route has a service and a handler", "keep one of them", true);
    }
    if (typeof service === "string" && !this.#services.includes(service)) {
      const hint = suggest(service, this.#services) ?? "there are no services: add it under services";
      this.#report([...path, "service"], `unknown service ${JSON.stringify(service)}`, hint);
    }
    for (const field of ["stripPrefix", "rewrite"] as const) {
      if (handler === undefined || service !== undefined || route[field] === undefined) continue;
      this.#report(
        [...path, field],
        `${field} is for routes to a service, and this one has a handler`,
        undefined,
        true,
      );
    }
    if (route.rewrite !== undefined && route.stripPrefix === true) {
      this.#report(
        [...path, "rewrite"],
        "rewrite and stripPrefix contradict each other",
        "keep one of them",
        true,
      );
    }
  }

  #checkId(id: Route["id"], path: ConfigPath): void {
    if (typeof id !== "string") return;
    const first = this.#ids.get(id);
    if (first === undefined) this.#ids.set(id, path);
    else
      this.#report([...path, "id"], `the id ${JSON.stringify(id)} is that of ${formatPath(first)} already`);
  }

  #checkStrippable(prefix: string, path: ConfigPath): void {
    if (!prefix.includes("{")) return;
    const hint = "use rewrite on the routes below";
    this.#report(
      [...path, "stripPrefix"],
      `the prefix ${prefix} has parameters, so it cannot be stripped`,
      hint,
    );
  }

  #checkRewrite(rewrite: Route["rewrite"], names: readonly string[], path: ConfigPath): void {
    if (typeof rewrite !== "string") return;
    const parsed = parsePattern(rewrite);
    for (const segment of parsed.problem === undefined ? parsed.segments : []) {
      if (segment.kind === "literal") continue;
      const name = segment.kind === "param" ? segment.name : "*";
      if (names.includes(name)) continue;
      const shown = name === "*" ? "*" : `{${name}}`;
      const hint = names.length === 0 ? "the path has no parameters" : suggest(name, names);
      this.#report([...path, "rewrite"], `the path has no ${shown} to put into the rewrite`, hint);
    }
  }

  /** Of two routes that match the same requests, the second would never be reached. */
  #checkTaken(
    { method: methods = [], headers, query }: Route,
    shape: string,
    { path, hosts }: AnyPlace,
  ): void {
    if (methods === HOLE || hosts === HOLE || headers === HOLE || query === HOLE) return;
    const key = JSON.stringify([shape, compileConditions(headers, query).key]);
    const taken = this.#seen.get(key) ?? [];
    const other = taken.find((seen) => overlap(seen.methods, methods) && overlap(seen.hosts, hosts));
    if (other !== undefined) {
      const message = `the route matches what ${formatPath(other.path)} matches already`;
      const hint = "give one of them another path, method, host, header or query condition";
      this.#report([...path, "path"], message, hint);
    }
    this.#seen.set(key, [...taken, { path, methods, hosts }]);
  }

  #report(path: ConfigPath, message: string, hint?: string, atKey = false): void {
    this.#issues.push({ path, message, hint, atKey });
  }
}

/**
 * Whether two lists have a member in common. An empty list stands for what is not restricted at all; that is less
 * specific than any name, so it only meets its like.
 */
function overlap(left: readonly string[], right: readonly string[]): boolean {
  if (left.length === 0 || right.length === 0) return left.length === right.length;
  return left.some((member) => right.includes(member));
}
