import { HeaderList } from "../http/headers.ts";
import type { Match } from "./match.ts";
import type { RouteEntry, Router } from "./router.ts";

/** A route by its methods and path, which are its value too, perhaps with more; `prefix /a` is a fallback. */
export type Listed = string | readonly [route: string, more: Partial<RouteEntry<string>>];
/** `GET host/path?query`, perhaps with header fields. */
export type Request = string | readonly [request: string, headers: Readonly<Record<string, string>>];
/** The entry that `listed` stands for. */
export function entryOf(listed: Listed): RouteEntry<string> {
  const [route, more] = typeof listed === "string" ? [listed, {}] : listed;
  const [methods = "", path = ""] = route.split(" ");
  const { hosts } = more;
  const value = hosts === undefined ? route : `${route} at ${hosts.join()}`;
  if (methods === "prefix") return { methods: [], path, fallback: true, value, ...more };
  return { methods: methods === "ANY" ? [] : methods.split(","), path, value, ...more };
}

/** What `router` says to `request`. */
export function ask(router: Router<string>, request: Request): Match<string> {
  const [line, fields] = typeof request === "string" ? [request, {}] : request;
  const [method = "", target = ""] = line.split(" ");
  const slash = target.indexOf("/");
  const mark = target.includes("?") ? target.indexOf("?") : target.length;
  return router.match({
    method,
    authority: slash === -1 ? "" : target.slice(0, slash),
    path: slash === -1 ? target : target.slice(slash, mark),
    query: target.slice(mark),
    headers: new HeaderList(Object.entries(fields).flat()),
  });
}
