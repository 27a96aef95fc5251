import type { Exchange } from "../core/exchange.ts";
import { parsePattern } from "../router/pattern.ts";

/** Takes a group's prefix off the path. */
export function withoutPrefix(prefix: string): (x: Exchange) => string {
  const { length } = prefix;
  return (x) => (x.request.path.length > length ? x.request.path.slice(length) : "/");
}

/** Puts a route's parameters into another path. */
export function rewritten(template: string): (x: Exchange) => string {
  const parsed = parsePattern(template);
  if (parsed.problem !== undefined) throw new Error(`the rewrite ${template} should have been refused`);
  const { segments } = parsed;
  return (x) => {
    let path = "";
    for (const segment of segments) {
      if (segment.kind === "literal") path += `/${segment.text}`;
      // Parameters were decoded; encoded again, none of them can add a segment or a query.
      else if (segment.kind === "param") path += `/${encodeURIComponent(x.params[segment.name] ?? "")}`;
      else path += `/${(x.params["*"] ?? "").split("/").map(encodeURIComponent).join("/")}`;
    }
    return path === "" ? "/" : path;
  };
}
