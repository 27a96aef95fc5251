import { policyKinds } from "../policies/index.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import { HOLE, isGroup, type ConfigTree, type GroupTree, type Hole, type RouteTree } from "./tree.ts";

/** A group or a route of a config, with what it has from the groups around it. The config itself is the outermost group. */
export interface Place<H = never> {
  readonly entry: RouteTree<H> | GroupTree<H>;
  readonly path: ConfigPath;
  /** The group around it, or the config; undefined for that. */
  readonly around: Place<H> | undefined;
  /** The prefixes of the groups around it, and its own. */
  readonly prefix: string | H;
  /** The path of a route with all prefixes, or of all below a group, as in `/api/*`. */
  readonly pattern: string | H;
  readonly hosts: readonly string[] | H;
  readonly stripPrefix: boolean | H;
  /** Whether all policies that it has are known by their kinds at least, those of the groups around it included. */
  readonly complete: boolean;
}

/** Walks a config: each group comes before what is in it. This is the only place that goes down from group to group. */
export function placesOf<H extends Hole>({ use = [], policies, routes }: ConfigTree<H>): Iterable<Place<H>> {
  const names = new Set<string>([...policyKinds, ...use].map(({ name }) => name));
  return walk({ prefix: "", policies, routes }, [], undefined, names);
}

function* walk<H extends Hole>(
  entry: RouteTree<H> | GroupTree<H>,
  path: ConfigPath,
  around: Place<H> | undefined,
  kindNames: ReadonlySet<string>,
): Iterable<Place<H>> {
  const prefix = isGroup(entry) ? join(around?.prefix ?? "", entry.prefix) : (around?.prefix ?? "");
  const place = {
    entry,
    path,
    around,
    prefix,
    pattern: join(prefix, isGroup(entry) ? "/*" : entry.path),
    hosts: entry.host ?? around?.hosts ?? [],
    stripPrefix: entry.stripPrefix ?? around?.stripPrefix ?? false,
    complete: around?.complete !== false && areKnown(entry.policies, kindNames),
  };
  yield place;
  if (!isGroup(entry) || entry.routes === HOLE) return;
  for (const [index, inner] of entry.routes.entries())
    if (inner !== HOLE) yield* walk(inner, [...path, "routes", index], place, kindNames);
}

/** What tells a place from others for who has written it, wherever in its list it stands: what is kept for it is found by that. */
export function nameOf({ entry, pattern, hosts }: Place<Hole>): readonly unknown[] {
  if (isGroup(entry)) return [pattern, hosts];
  const { id, method, headers, query } = entry;
  return id === undefined ? [pattern, hosts, method, headers, query] : [id];
}

function join<H extends Hole>(prefix: string | H, path: string | H): string | H {
  if (prefix === HOLE) return prefix;
  return path === HOLE ? path : `${prefix}${path}`;
}

/** Whether all of them have names of kinds. */
function areKnown(policies: RouteTree<Hole>["policies"], kindNames: ReadonlySet<string>): boolean {
  return policies !== HOLE && Object.keys(policies ?? {}).every((name) => kindNames.has(name));
}
