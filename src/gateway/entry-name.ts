import type { GroupConfig, RouteConfig } from "../config/schema.ts";

/** What a route and a group have in common, and what tells them from others. */
export type Entry = Pick<Partial<RouteConfig & GroupConfig>, "policies" | "host" | "stripPrefix" | "prefix"> &
  Partial<Pick<RouteConfig, "path" | "id" | "method" | "headers" | "query">>;

/** What it has from the groups around it. */
interface Around {
  readonly prefix: string;
  readonly hosts: readonly string[];
}

/** What an entry's policies meet. */
export function patternOf({ prefix }: Around, entry: Entry): string {
  return entry.path === undefined ? `${prefix}${entry.prefix ?? ""}/*` : prefix + entry.path;
}

/** What tells an entry from others for who has written it, wherever in its list it stands: what it keeps is found by that. */
export function nameOf(around: Around, entry: Entry): readonly unknown[] {
  const { id, method, host = around.hosts, headers, query } = entry;
  return id === undefined ? [patternOf(around, entry), method, host, headers, query] : [id];
}
